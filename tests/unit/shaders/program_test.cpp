// SPDX-License-Identifier: MIT
// Pictures drawn by the program that all of them have in common. Skipped, with the reason, where
// EGL can't start.
#include "program.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "sources.h"
#include "support/offscreen.h"
#include "support/random.h"
#include "texture.h"

namespace oriel::test {
namespace {

constexpr Size kSize{61, 43};

/// Rows of random pixels as a texture has them, and what is seen of them.
struct Rows {
    Rows() {
        Random random{5};
        for (size_t i = 0; i < kSize.area(); ++i) {
            const uint32_t pixel = random();
            colours.push_back(pixel & 0xffffff);
            for (const uint32_t shift : {16U, 8U, 0U}) {
                bytes.push_back(static_cast<uint8_t>(pixel >> shift & 0xff));
            }
            bytes.push_back(0);
        }
    }
    /// `part` of the picture whose last row is the first one here.
    [[nodiscard]] std::vector<uint32_t> upside_down(const Rect& part) const {
        std::vector<uint32_t> pixels;
        for (uint32_t y = part.y; y < part.bottom(); ++y) {
            const size_t row = size_t{kSize.height - 1 - y} * kSize.width;
            for (uint32_t x = part.x; x < part.right(); ++x) {
                pixels.push_back(colours[row + x]);
            }
        }
        return pixels;
    }

    std::vector<uint32_t> colours;
    std::vector<uint8_t> bytes;
};

}  // namespace

TEST_CASE("a picture that lies upside down in memory is drawn upright, all of it and parts") {
    auto offscreen = Offscreen::open();
    if (!offscreen) {
        MESSAGE("SKIP ", offscreen.error().message());
        return;
    }
    const shaders::GlApi& gl = (*offscreen)->egl().gl();
    const auto program = shaders::Program::build(
        gl, {"#define SAMPLER sampler2D\n", "#define PIXEL_ORDER rgb\n", shaders::picture_frag});
    REQUIRE(program.has_value());
    const Rows rows;
    const shaders::Texture texture{gl, GL_RGBA, kSize};
    texture.update(Rect::of(kSize), rows.bytes.data());
    for (const bool linear : {false, true}) {  // which makes no difference at 1:1
        for (const Rect part : {Rect::of(kSize), Rect{7, 5, 30, 20}, Rect{60, 42, 1, 1}}) {
            CAPTURE(part.width);
            (*offscreen)->resize(part.size());
            texture.bind(0);
            texture.filter(linear);
            const Region all{Rect::of(part.size())};
            (*program)->use();
            (*program)->draw({part, all, part.size(), true}, kSize);
            CHECK((*offscreen)->pixels() == rows.upside_down(part));
        }
    }
}

}  // namespace oriel::test
