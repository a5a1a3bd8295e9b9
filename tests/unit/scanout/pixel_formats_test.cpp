// SPDX-License-Identifier: MIT
#include "scanout/pixel_formats.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <pixman.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace oriel {
namespace {

struct Expected {
    uint32_t code;  // as QEMU sends it, see data/doc/dbus.md
    uint32_t fourcc;
};
constexpr std::array kSent{
    Expected{0x20020888, DRM_FORMAT_XRGB8888}, Expected{0x20028888, DRM_FORMAT_ARGB8888},
    Expected{0x20038888, DRM_FORMAT_ABGR8888}, Expected{0x20030888, DRM_FORMAT_XBGR8888},
    Expected{0x20080888, DRM_FORMAT_BGRX8888}, Expected{0x20088888, DRM_FORMAT_BGRA8888},
    Expected{0x20090888, DRM_FORMAT_RGBX8888}, Expected{0x20098888, DRM_FORMAT_RGBA8888},
};

TEST_CASE("every format that QEMU sends has its fourcc, and becomes what pixman makes of it") {
    std::array<uint32_t, 64> pixels{};
    for (uint32_t i = 0; i < pixels.size(); ++i) {
        pixels.at(i) = i * 0x9e3779b9U + 0x01020304U;
    }
    for (const Expected& sent : kSent) {
        CAPTURE(sent.code);
        const auto format = pixel_format(sent.code);
        REQUIRE(format);
        CHECK(format->fourcc == sent.fourcc);
        CHECK(pixel_format_of(sent.fourcc) == format);

        // Read a byte beside the words' places: nothing says that a message's pixels are aligned.
        std::array<std::byte, sizeof pixels + 1> from{};
        std::memcpy(from.data() + 1, pixels.data(), sizeof pixels);
        std::array<uint32_t, 64> converted{};
        convert_pixels(*format, from.data() + 1, reinterpret_cast<std::byte*>(converted.data()),
                       converted.size());

        std::array<uint32_t, 64> wanted{};
        pixman_image_t* source = pixman_image_create_bits(
            static_cast<pixman_format_code_t>(sent.code), 64, 1, pixels.data(), sizeof pixels);
        pixman_image_t* target =
            pixman_image_create_bits(PIXMAN_x8r8g8b8, 64, 1, wanted.data(), sizeof wanted);
        pixman_image_composite32(PIXMAN_OP_SRC, source, nullptr, target, 0, 0, 0, 0, 0, 0, 64, 1);
        pixman_image_unref(source);
        pixman_image_unref(target);
        for (size_t i = 0; i < wanted.size(); ++i) {
            CHECK((converted.at(i) & 0xffffff) == (wanted.at(i) & 0xffffff));
        }
    }
}

TEST_CASE("other formats are refused") {
    for (const uint32_t code : {0U, uint32_t{PIXMAN_r5g6b5}, uint32_t{PIXMAN_r8g8b8},
                                uint32_t{PIXMAN_a2r10g10b10}, 0x20020889U, 0xffffffffU}) {
        CAPTURE(code);
        CHECK_FALSE(pixel_format(code));
    }
    CHECK_FALSE(pixel_format_of(DRM_FORMAT_NV12));
}

}  // namespace
}  // namespace oriel
