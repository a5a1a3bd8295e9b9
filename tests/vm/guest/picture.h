// SPDX-License-Identifier: MIT
#pragma once

#include "drm_device.h"

#include <cstdint>
#include <vector>

// The pictures that the test guest draws, all XRGB8888 (0x00RRGGBB).

namespace oriel::guest {

// The known picture. Its formula stands a second time in tests/e2e/picture.py (known_pixel), which
// must agree to the last bit: a 1 px white frame, checkers of single pixels in the corners, a
// band of eight colour bars, and a gradient that differs per screen index.
uint32_t known_pixel(uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t index);
void draw_known_picture(const DumbBuffer& buffer, uint32_t index);

// The known cursor image: 64x64 ARGB8888, premultiplied, an arrow-like triangle with a half
// transparent shadow. Hotspot 5,7. Also in tests/e2e/picture.py (cursor_pixel).
constexpr uint32_t cursor_size = 64;
constexpr int cursor_hot_x = 5;
constexpr int cursor_hot_y = 7;
uint32_t cursor_pixel(uint32_t x, uint32_t y);

// A moving picture: coloured balls that cross a still background.
class Animation {
public:
    // Draws the background. The buffer outlives the Animation.
    explicit Animation(const DumbBuffer& buffer);

    // Erases the balls, moves them on by `ticks` sixtieths of a second and draws them again. The
    // result is the damage, one box per ball over its old and its new place; valid until the
    // next step.
    const std::vector<Box>& step(uint32_t ticks);

private:
    struct Ball {
        int x = 0;  // centre, in 1/16 px
        int y = 0;
        int velocity_x = 0;  // 1/16 px per tick
        int velocity_y = 0;
        int radius = 0;  // px
        uint32_t colour = 0;
    };

    Box box_of(const Ball& ball) const;
    void draw(const Ball& ball);

    const DumbBuffer& buffer_;
    std::vector<uint32_t> background_;
    std::vector<Ball> balls_;
    std::vector<Box> damage_;
};

}  // namespace oriel::guest
