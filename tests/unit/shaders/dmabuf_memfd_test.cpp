// SPDX-License-Identifier: MIT
// Memfd tests: guests' own pixels through OpenGL ES (Mesa's software rasteriser, no compositor),
// with a memfd where a guest has a dma-buf. Skipped where EGL imports none.
#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dmabuf_renderer.h"
#include "scanout/plane_bounds.h"
#include "support/memfd_dmabuf.h"
#include "support/offscreen.h"
#include "support/skip.h"

namespace oriel::test {
namespace {

using shaders::DmabufRenderer;
using shaders::ImportFormats;

constexpr Size kSize{241, 97};
constexpr std::array<uint32_t, 8> kFormats{
    DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888,
    DRM_FORMAT_BGRX8888, DRM_FORMAT_BGRA8888, DRM_FORMAT_RGBX8888, DRM_FORMAT_RGBA8888};

std::unique_ptr<Offscreen> open_offscreen() {
    ask_for_rasteriser();
    auto made = Offscreen::open();
    if (!made) {
        skip(made.error().message());
        return nullptr;
    }
    if (const std::string& renderer = (*made)->egl().renderer();
        !shaders::is_software_renderer(renderer)) {
        skip(renderer + " imports real dma-bufs only");
        return nullptr;
    }
    if (const auto formats = ImportFormats::query((*made)->egl()); !formats) {
        skip(formats.error().message());
        return nullptr;
    }
    return std::move(*made);
}

/// Where what was drawn first differs; empty if it doesn't.
std::string difference(const std::vector<uint32_t>& actual, const std::vector<uint32_t>& expected,
                       uint32_t width) {
    if (actual.size() != expected.size()) {
        return "the sizes differ";
    }
    for (size_t i = 0; i < actual.size(); ++i) {
        if (actual[i] != expected[i]) {
            return fmt::format("({}, {}) is {:06x}, should be {:06x}", i % width, i / width,
                               actual[i], expected[i]);
        }
    }
    return "";
}

/// A guest's picture and a renderer that imports it.
struct Desk {
    explicit Desk(Offscreen& to, Size size = kSize, const MemfdDmabuf::Options& options = {})
        : offscreen{to},
          pixels{std::make_shared<MemfdDmabuf>(size, options)},
          framebuffer{std::make_shared<Framebuffer>(pixels)} {
        pixels->scribble(pixels->all(), 1);
    }

    [[nodiscard]] std::string import() {
        return std::string{offscreen.renderer().import(framebuffer)};
    }
    void draw_all(const Rect& source) {
        offscreen.resize(source.size());
        REQUIRE(offscreen.renderer().draw(*framebuffer, source, Region{source},
                                          Region{Rect::of(source.size())}));
    }
    [[nodiscard]] std::string wrong(const Rect& source) const {
        return difference(offscreen.pixels(), pixels->expected(source), source.width);
    }

    Offscreen& offscreen;
    std::shared_ptr<MemfdDmabuf> pixels;
    FramebufferRef framebuffer;
};

size_t open_fds() {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator{"/proc/self/fd"}) {
        ++count;
    }
    return count;
}

size_t mappings() {
    std::ifstream maps{"/proc/self/maps"};
    size_t count = 0;
    for (std::string line; std::getline(maps, line);) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("an imported memfd has the guest's pixels in every format, and nothing is copied") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    for (const uint32_t fourcc : kFormats) {
        CAPTURE(fourcc_name(fourcc));
        Desk desk{*offscreen, kSize, {.fourcc = fourcc}};
        REQUIRE(desk.import() == "");
        desk.draw_all(desk.pixels->all());
        CHECK(desk.wrong(desk.pixels->all()) == "");
        CHECK(desk.pixels->storage() == nullptr);
    }
    CHECK(offscreen->renderer().bytes_copied() == 0);
}

TEST_CASE("an imported memfd whose first row is the lowest one is drawn upright") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    Desk desk{*offscreen, kSize, {.y_inverted = true}};
    REQUIRE(desk.import() == "");
    for (const Rect part : {desk.pixels->all(), Rect{17, 5, 40, 30}}) {
        desk.draw_all(part);
        std::vector<uint32_t> expected;
        for (uint32_t y = part.y; y < part.bottom(); ++y) {
            const auto row = desk.pixels->expected({part.x, kSize.height - 1 - y, part.width, 1});
            expected.insert(expected.end(), row.begin(), row.end());
        }
        CHECK(difference(offscreen->pixels(), expected, part.width) == "");
    }
}

TEST_CASE("parts, offsets and gaps between an imported memfd's rows are right") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    for (const auto& place :
         {std::pair{0U, 0U}, {64U, 0U}, {0U, 64U}, {4096U, 28U}, {52U, 1000U}}) {
        const uint32_t offset = place.first;
        const uint32_t gap = place.second;
        CAPTURE(offset);
        CAPTURE(gap);
        Desk desk{*offscreen, kSize, {.offset = offset, .stride = kSize.width * 4 + gap}};
        REQUIRE(desk.import() == "");
        for (const Rect part : {desk.pixels->all(), Rect{0, 0, 1, 1}, Rect{240, 96, 1, 1},
                                Rect{17, 3, 100, 90}, Rect{140, 0, 101, 97}}) {
            CAPTURE(part.x);
            desk.draw_all(part);
            CHECK(desk.wrong(part) == "");
        }
    }
}

TEST_CASE("what a guest draws into an imported memfd shows without another import") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    Desk desk{*offscreen};
    REQUIRE(desk.import() == "");
    for (uint32_t seed = 2; seed < 6; ++seed) {
        desk.pixels->scribble({seed * 10, seed * 5, 100, 50}, seed);
        desk.draw_all(desk.pixels->all());
        CHECK(desk.wrong(desk.pixels->all()) == "");
        CHECK(desk.import() == "");
    }
    CHECK(offscreen->renderer().import_count() == 1);
}

TEST_CASE("only what is to be repainted is drawn") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    Desk desk{*offscreen};
    REQUIRE(desk.import() == "");
    desk.draw_all(desk.pixels->all());
    // Also waits for it: until then it is the guest's turn to wait.
    CHECK(desk.wrong(desk.pixels->all()) == "");
    auto expected = desk.pixels->expected(desk.pixels->all());
    desk.pixels->scribble(desk.pixels->all(), 2);
    const auto now = desk.pixels->expected(desk.pixels->all());
    Region damage{Rect{10, 20, 30, 40}};
    damage.add(Rect{200, 0, 41, 97});
    REQUIRE(offscreen->renderer().draw(*desk.framebuffer, desk.pixels->all(), damage, damage));
    damage.for_each([&](const Rect& rect) {
        for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
            for (uint32_t x = rect.x; x < rect.right(); ++x) {
                expected[y * kSize.width + x] = now[y * kSize.width + x];
            }
        }
    });
    CHECK(difference(offscreen->pixels(), expected, kSize.width) == "");
    CHECK(expected != now);
}

TEST_CASE("external textures and imports without a modifier give the same pixels") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    REQUIRE(offscreen->egl().has_gl_extension("GL_OES_EGL_image_external"));
    for (const bool external : {false, true}) {
        for (const bool named : {false, true}) {
            CAPTURE(external);
            CAPTURE(named);
            if (external && !named) {
                continue;  // only modifiers are told to be external
            }
            std::vector<ImportFormats::Modifier> modifiers;
            if (named) {
                modifiers.push_back({DRM_FORMAT_MOD_LINEAR, external});
            }
            DmabufRenderer renderer{offscreen->egl(), 4096,
                                    ImportFormats{{{DRM_FORMAT_ARGB8888, modifiers}}}};
            for (const uint32_t fourcc : kFormats) {
                CAPTURE(fourcc_name(fourcc));
                const Desk desk{*offscreen,
                                kSize,
                                {.fourcc = fourcc, .offset = 4096, .stride = kSize.width * 4 + 28}};
                REQUIRE(renderer.import(desk.framebuffer) == "");
                const Rect part{7, 5, 200, 80};
                offscreen->resize(part.size());
                renderer.draw(*desk.framebuffer,
                              {part, Region{Rect::of(part.size())}, part.size()});
                CHECK(desk.wrong(part) == "");
            }
        }
    }
}

TEST_CASE("a dma-buf whose modifier nobody names is drawn where it is") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    Desk desk{*offscreen, kSize, {.modifier = DRM_FORMAT_MOD_INVALID}};
    CHECK(desk.import() == "");
    desk.draw_all(desk.pixels->all());
    CHECK(desk.wrong(desk.pixels->all()) == "");
    Desk short_one{*offscreen, kSize, {.modifier = DRM_FORMAT_MOD_INVALID, .missing = 1}};
    CHECK(short_one.import() != "");
}

TEST_CASE("pixels take turns: imported, copied, another import") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    Desk imported{*offscreen};
    Desk copied{*offscreen, {300, 20}, {.export_error = "no udmabuf"}};
    Desk other{*offscreen, {64, 64}, {.fourcc = DRM_FORMAT_RGBA8888}};
    CHECK(imported.import() == "");
    CHECK(copied.import() == "no udmabuf");
    CHECK(other.import() == "");
    for (uint32_t seed = 2; seed < 5; ++seed) {
        for (Desk* desk : {&imported, &copied, &other}) {
            desk->pixels->scribble(desk->pixels->all(), seed);
            desk->draw_all(desk->pixels->all());
            CHECK(desk->wrong(desk->pixels->all()) == "");
        }
    }
    CHECK(imported.pixels->storage() == nullptr);
    CHECK(copied.pixels->storage()->bytes_copied() != 0);
}

TEST_CASE("a bad dma-buf is refused in one line, once, and its pixels are copied") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    const auto refused = [&](const MemfdDmabuf::Options& options, Size size = kSize) {
        Desk desk{*offscreen, size, options};
        const std::string why = desk.import();
        CHECK(desk.import() == why);
        CHECK(offscreen->renderer().import_refusal(*desk.framebuffer) == why);
        desk.draw_all(desk.pixels->all());
        CHECK(desk.wrong(desk.pixels->all()) == "");
        return why;
    };
    CHECK(refused({.missing = 1}) == "a dma-buf of 93507 bytes has no picture of 93508");
    CHECK(refused({.modifier = I915_FORMAT_MOD_Y_TILED}) ==
          "EGL imports XR24, but not with modifier 0x100000000000002");
    CHECK(refused({.fourcc = DRM_FORMAT_XRGB2101010}) == "there is no shader for XR30");
    CHECK(refused({.export_error = "there is no /dev/udmabuf"}) == "there is no /dev/udmabuf");
    // More than a driver can be told.
    CHECK(refused({.stride = 0x8000'0004}, {1, 1}) ==
          "rows of 2147483652 bytes at 0 can't be told EGL");
}

TEST_CASE("a picture that is larger than textures is refused") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    DmabufRenderer renderer{offscreen->egl(), 64, ImportFormats::query(offscreen->egl())};
    const Desk fits{*offscreen, {64, 64}};
    const Desk wide{*offscreen, {65, 2}};
    const Desk tall{*offscreen, {2, 65}};
    CHECK(renderer.import(fits.framebuffer) == "");
    CHECK(renderer.import(wide.framebuffer) == "65x2 exceeds textures of 64 a side");
    CHECK(renderer.import(tall.framebuffer) == "2x65 exceeds textures of 64 a side");
}

TEST_CASE("what was imported goes with its framebuffer, not with its pixels") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    Desk desk{*offscreen};
    REQUIRE(desk.import() == "");
    // The same memory as another framebuffer: as when a guest sets its scanout anew.
    desk.framebuffer = std::make_shared<Framebuffer>(desk.pixels);
    REQUIRE(desk.import() == "");
    CHECK(offscreen->renderer().import_count() == 1);
    desk.draw_all(desk.pixels->all());
    CHECK(desk.wrong(desk.pixels->all()) == "");
    desk.framebuffer.reset();
    offscreen->renderer().trim();
    CHECK(offscreen->renderer().import_count() == 0);
}

TEST_CASE("10 000 imports leave no file and no memory behind") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    offscreen->resize({16, 16});
    const auto round = [&](uint32_t i) {
        const Desk desk{*offscreen, {16, 16}, {.fourcc = kFormats[i % kFormats.size()]}};
        REQUIRE(offscreen->renderer().import(desk.framebuffer) == "");
        if (i % 16 == 0) {
            REQUIRE(offscreen->renderer().draw(*desk.framebuffer, desk.pixels->all(), Region{},
                                               Region{desk.pixels->all()}));
            REQUIRE(desk.wrong(desk.pixels->all()) == "");
        }
    };
    for (uint32_t i = 0; i < 100; ++i) {
        round(i);
    }
    const size_t fds = open_fds();
    const size_t maps = mappings();
    for (uint32_t i = 0; i < 10'000; ++i) {
        round(i);
        REQUIRE(offscreen->renderer().import_count() <= 1);
    }
    CHECK(open_fds() <= fds + 4);
    CHECK(mappings() <= maps + 40);
}

}  // namespace oriel::test
