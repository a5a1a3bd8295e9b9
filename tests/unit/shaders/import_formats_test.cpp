// SPDX-License-Identifier: MIT
#include "import_formats.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>

#include <string>

using namespace oriel::shaders;

namespace {

constexpr uint64_t kLinear = DRM_FORMAT_MOD_LINEAR;
constexpr uint64_t kTiled = I915_FORMAT_MOD_X_TILED;

ImportFormats::Format rows(uint32_t fourcc) {
    return {fourcc, {{kLinear, false}}};
}

std::string refusal(const ImportFormats& formats, uint32_t fourcc, uint64_t modifier) {
    const auto chosen = formats.choose(fourcc, modifier);
    return chosen ? "" : chosen.error().message();
}

}  // namespace

TEST_CASE("a format that EGL has is imported as what it is") {
    const ImportFormats formats{{rows(DRM_FORMAT_ARGB8888), rows(DRM_FORMAT_BGRX8888)}};
    const auto chosen = formats.choose(DRM_FORMAT_BGRX8888, kLinear);
    REQUIRE(chosen);
    CHECK(chosen->fourcc == DRM_FORMAT_BGRX8888);
    CHECK(std::string{chosen->order} == "rgb");
    CHECK(chosen->names_modifier);
    CHECK_FALSE(chosen->external_only);
}

TEST_CASE("alpha means nothing, so either of two twins does") {
    const ImportFormats formats{{rows(DRM_FORMAT_XBGR8888)}};
    const auto chosen = formats.choose(DRM_FORMAT_ABGR8888, kLinear);
    REQUIRE(chosen);
    CHECK(chosen->fourcc == DRM_FORMAT_XBGR8888);
    CHECK(std::string{chosen->order} == "rgb");
}

TEST_CASE("rows in an order that EGL lacks are put in order by the shader") {
    const ImportFormats argb{{rows(DRM_FORMAT_ARGB8888)}};
    const ImportFormats abgr{{rows(DRM_FORMAT_ABGR8888)}};
    const auto order = [](const ImportFormats& formats, uint32_t fourcc) {
        const auto chosen = formats.choose(fourcc, kLinear);
        return std::string{chosen ? chosen->order : "none"};
    };
    CHECK(order(argb, DRM_FORMAT_XRGB8888) == "rgb");
    CHECK(order(argb, DRM_FORMAT_XBGR8888) == "bgr");
    CHECK(order(argb, DRM_FORMAT_BGRX8888) == "gra");
    CHECK(order(argb, DRM_FORMAT_RGBX8888) == "arg");
    CHECK(order(abgr, DRM_FORMAT_XRGB8888) == "bgr");
    CHECK(order(abgr, DRM_FORMAT_XBGR8888) == "rgb");
    CHECK(order(abgr, DRM_FORMAT_BGRX8888) == "gba");
    CHECK(order(abgr, DRM_FORMAT_RGBX8888) == "abg");
}

TEST_CASE("a modifier must be one that EGL has, of the same format") {
    const ImportFormats formats{
        {{DRM_FORMAT_ARGB8888, {{kLinear, false}, {kTiled, true}}}, rows(DRM_FORMAT_XBGR8888)}};
    const auto tiled = formats.choose(DRM_FORMAT_XRGB8888, kTiled);
    REQUIRE(tiled);
    CHECK(tiled->fourcc == DRM_FORMAT_ARGB8888);
    CHECK(tiled->external_only);
    CHECK(refusal(formats, DRM_FORMAT_XBGR8888, kTiled) ==
          "EGL imports XB24, but not with modifier 0x100000000000001");
    CHECK(refusal(formats, DRM_FORMAT_RGBX8888, kTiled) == "EGL imports no RX24");
}

TEST_CASE("where EGL names no modifiers, rows are imported without one and nothing else is") {
    const ImportFormats formats{{{DRM_FORMAT_ARGB8888, {}}}};
    const auto chosen = formats.choose(DRM_FORMAT_ARGB8888, kLinear);
    REQUIRE(chosen);
    CHECK_FALSE(chosen->names_modifier);
    CHECK(refusal(formats, DRM_FORMAT_ARGB8888, kTiled) != "");
}

TEST_CASE("a dma-buf without a modifier is imported without one, whatever EGL names") {
    const ImportFormats formats{{{DRM_FORMAT_ARGB8888, {{kLinear, false}, {kTiled, true}}},
                                 {DRM_FORMAT_ABGR8888, {{kTiled, true}}}}};
    CHECK(*formats.choose(DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_INVALID) ==
          ImportAs{DRM_FORMAT_ARGB8888, "rgb", false, false});
    CHECK(*formats.choose(DRM_FORMAT_XBGR8888, DRM_FORMAT_MOD_INVALID) ==
          ImportAs{DRM_FORMAT_ABGR8888, "rgb", true, false});
    // These may be tiles, so no bytes are put in order.
    CHECK(refusal(formats, DRM_FORMAT_RGBX8888, DRM_FORMAT_MOD_INVALID) == "EGL imports no RX24");
}

TEST_CASE("what no shader can put in order is refused by name") {
    const ImportFormats formats{{rows(DRM_FORMAT_ARGB8888), rows(DRM_FORMAT_NV12)}};
    CHECK(refusal(formats, DRM_FORMAT_NV12, kLinear) == "there is no shader for NV12");
    CHECK(refusal(formats, 7, kLinear) == "there is no shader for 0x00000007");
    CHECK(refusal(ImportFormats{{}}, DRM_FORMAT_XRGB8888, kLinear) == "EGL imports no XR24");
}
