// SPDX-License-Identifier: MIT
#include "picture.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace oriel::guest {

namespace {

constexpr uint32_t rgb(uint32_t red, uint32_t green, uint32_t blue) {
    return red << 16 | green << 8 | blue;
}

constexpr uint32_t white = rgb(255, 255, 255);
constexpr uint32_t checker_size = 32;

// Top left, top right, bottom left, bottom right: a mirrored or turned picture shows.
constexpr std::array<uint32_t, 4> checker_colours{rgb(255, 0, 0), rgb(0, 255, 0), rgb(0, 0, 255),
                                                  rgb(255, 255, 0)};
constexpr std::array<uint32_t, 8> bar_colours{
    rgb(255, 255, 255), rgb(255, 255, 0), rgb(0, 255, 255), rgb(0, 255, 0),
    rgb(255, 0, 255),   rgb(255, 0, 0),   rgb(0, 0, 255),   rgb(0, 0, 0)};

// The word on the animation's background: 5 columns by 7 rows a letter, the left column in bit 4.
constexpr std::array<std::array<uint8_t, 7>, 5> letters{{
    {0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e},  // O
    {0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11},  // R
    {0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e},  // I
    {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f},  // E
    {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f},  // L
}};

uint32_t dusk(uint32_t y, uint32_t height) {
    const uint32_t t = y * 256 / height;
    return rgb(18 + t * 190 / 256, 24 + t * 92 / 256, 66 + t * 24 / 256);
}

bool in_word(uint32_t x, uint32_t y, uint32_t width, uint32_t height) {
    const uint32_t cell = std::max<uint32_t>(1, width / 40);
    const uint32_t word_width = cell * (6 * letters.size() - 1);
    const uint32_t left = (width - word_width) / 2;
    const uint32_t top = (height - 7 * cell) / 2;
    if (x < left || y < top || x >= left + word_width || y >= top + 7 * cell) {
        return false;
    }
    const uint32_t column = (x - left) / cell;
    const uint32_t row = (y - top) / cell;
    const uint32_t bit = column % 6;
    return bit < 5 && (letters[column / 6][row] >> (4 - bit) & 1) != 0;
}

}  // namespace

uint32_t known_pixel(uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t index) {
    if (x == 0 || y == 0 || x == width - 1 || y == height - 1) {
        return white;
    }
    const bool right = x >= width - checker_size;
    const bool bottom = y >= height - checker_size;
    if ((x < checker_size || right) && (y < checker_size || bottom)) {
        const uint32_t corner = (right ? 1 : 0) + (bottom ? 2 : 0);
        return ((x + y) & 1) != 0 ? checker_colours[corner] : 0;
    }
    if (y >= height / 3 && y < height * 2 / 3) {
        return bar_colours[x * 8 / width];
    }
    return rgb(x * 255 / (width - 1), y * 255 / (height - 1), ((x ^ y) + 85 * index) & 255);
}

void draw_known_picture(const DumbBuffer& buffer, uint32_t index) {
    for (uint32_t y = 0; y < buffer.height; ++y) {
        uint32_t* row = buffer.row(y);
        for (uint32_t x = 0; x < buffer.width; ++x) {
            row[x] = known_pixel(x, y, buffer.width, buffer.height, index);
        }
    }
}

uint32_t cursor_pixel(uint32_t x, uint32_t y) {
    constexpr uint32_t left = cursor_hot_x;
    constexpr uint32_t top = cursor_hot_y;
    constexpr uint32_t length = 40;
    if (x >= left && y >= top && y < top + length && x - left <= (y - top) / 2) {
        const bool edge = x == left || x - left == (y - top) / 2 || y == top + length - 1;
        return edge ? 0xffffffff : 0xff2060c0;
    }
    if (x >= left + 4 && y >= top + 4 && y < top + 4 + length &&
        x - left - 4 <= (y - top - 4) / 2) {
        return 0x80000000;
    }
    return 0;
}

Animation::Animation(const DumbBuffer& buffer)
    : buffer_(buffer), background_(size_t{buffer.width} * buffer.height) {
    const uint32_t width = buffer.width;
    const uint32_t height = buffer.height;
    for (uint32_t y = 0; y < height; ++y) {
        const uint32_t colour = dusk(y, height);
        for (uint32_t x = 0; x < width; ++x) {
            background_[size_t{y} * width + x] =
                in_word(x, y, width, height) ? rgb(244, 238, 222) : colour;
        }
        memcpy(buffer.row(y), &background_[size_t{y} * width], size_t{width} * 4);
    }
    constexpr std::array<uint32_t, 6> colours{rgb(231, 111, 81),  rgb(244, 162, 97),
                                              rgb(233, 196, 106), rgb(42, 157, 143),
                                              rgb(90, 169, 230),  rgb(199, 125, 255)};
    for (size_t i = 0; i < colours.size(); ++i) {
        const int n = static_cast<int>(i);
        const int radius = static_cast<int>(height) / (22 + 4 * n);
        balls_.push_back({.x = static_cast<int>(width) * 16 * (n + 1) / 7,
                          .y = static_cast<int>(height) * 16 * ((n * 3) % 7 + 1) / 9,
                          .velocity_x = 35 + 11 * n,
                          .velocity_y = 52 - 5 * n,
                          .radius = radius,
                          .colour = colours[i]});
    }
}

Box Animation::box_of(const Ball& ball) const {
    const int x = ball.x / 16;
    const int y = ball.y / 16;
    const auto clamp = [](int value, uint32_t limit) {
        return static_cast<uint32_t>(std::clamp(value, 0, static_cast<int>(limit)));
    };
    return {.x1 = clamp(x - ball.radius, buffer_.width),
            .y1 = clamp(y - ball.radius, buffer_.height),
            .x2 = clamp(x + ball.radius + 1, buffer_.width),
            .y2 = clamp(y + ball.radius + 1, buffer_.height)};
}

void Animation::draw(const Ball& ball) {
    const Box box = box_of(ball);
    const int centre_x = ball.x / 16;
    const int centre_y = ball.y / 16;
    for (uint32_t y = box.y1; y < box.y2; ++y) {
        uint32_t* row = buffer_.row(y);
        const int dy = static_cast<int>(y) - centre_y;
        for (uint32_t x = box.x1; x < box.x2; ++x) {
            const int dx = static_cast<int>(x) - centre_x;
            if (dx * dx + dy * dy <= ball.radius * ball.radius) {
                row[x] = ball.colour;
            }
        }
    }
}

const std::vector<Box>& Animation::step(uint32_t ticks) {
    damage_.clear();
    for (const Ball& ball : balls_) {
        const Box box = box_of(ball);
        for (uint32_t y = box.y1; y < box.y2; ++y) {
            memcpy(buffer_.row(y) + box.x1, &background_[size_t{y} * buffer_.width + box.x1],
                   size_t{box.x2 - box.x1} * 4);
        }
        damage_.push_back(box);
    }
    const auto move = [ticks](int& place, int& velocity, int radius, uint32_t limit) {
        const int low = radius * 16;
        const int high = (static_cast<int>(limit) - radius - 1) * 16;
        place += velocity * static_cast<int>(ticks);
        if (place < low || place > high) {
            velocity = -velocity;
            place = std::clamp(place, low, high);
        }
    };
    for (size_t i = 0; i < balls_.size(); ++i) {
        Ball& ball = balls_[i];
        move(ball.x, ball.velocity_x, ball.radius, buffer_.width);
        move(ball.y, ball.velocity_y, ball.radius, buffer_.height);
        draw(ball);
        const Box now = box_of(ball);
        Box& box = damage_[i];
        box = {.x1 = std::min(box.x1, now.x1),
               .y1 = std::min(box.y1, now.y1),
               .x2 = std::max(box.x2, now.x2),
               .y2 = std::max(box.y2, now.y2)};
    }
    return damage_;
}

}  // namespace oriel::guest
