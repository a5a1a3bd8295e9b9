// SPDX-License-Identifier: MIT
#include "scanout/linear_pixels.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "support/random.h"

using namespace oriel;

namespace {

uint32_t pixel_at(const MemoryBuffer& buffer, uint32_t x, uint32_t y) {
    uint32_t pixel = 0;
    std::memcpy(&pixel, buffer.row(y) + size_t{x} * 4, sizeof(pixel));
    return pixel & 0xffffff;
}

/// Random pixels of a picture that a guest draws to.
class Canvas final : public RowSource {
public:
    explicit Canvas(Size size) : size_{size}, pixels_(size.area()) {
        memory = *MemoryPixels::create(size);
        paint(Rect::of(size));
    }
    const std::byte* row(uint32_t x, uint32_t y, uint32_t, std::byte*) override {
        return reinterpret_cast<const std::byte*>(&pixels_[size_t{y} * size_.width + x]);
    }
    void paint(const Rect& rect) {
        for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
            for (uint32_t x = rect.x; x < rect.right(); ++x) {
                pixels_[size_t{y} * size_.width + x] = random();
            }
        }
        static_cast<void>(memory->update(rect, *this, Damage::kAsClaimed));
    }
    Rect random_part(const Rect& of) {
        const uint32_t x = random.below(of.width);
        const uint32_t y = random.below(of.height);
        return {of.x + x, of.y + y, 1 + random.below(of.width - x),
                1 + random.below(of.height - y)};
    }

    test::Random random{11};
    std::shared_ptr<MemoryPixels> memory;

private:
    Size size_;
    std::vector<uint32_t> pixels_;
};

std::vector<uint32_t> pixels_of(BufferLease lease) {
    const MemoryBuffer& buffer = *lease.buffer();
    std::vector<uint32_t> pixels;
    for (uint32_t y = 0; y < buffer.size().height; ++y) {
        for (uint32_t x = 0; x < buffer.size().width; ++x) {
            pixels.push_back(pixel_at(buffer, x, y));
        }
    }
    return pixels;
}

}  // namespace

TEST_CASE("a scaled picture that is changed bit by bit is the one that is scaled at once") {
    const Rect source{3, 5, 97, 61};
    for (const Size target :
         {Size{200, 130}, Size{98, 61}, Size{97, 400}, Size{31, 17}, Size{1, 1}}) {
        CAPTURE(target.width);
        Canvas canvas{{120, 80}};
        const auto bit_by_bit = LinearPixels::create(source.size(), target).value();
        bit_by_bit->update(canvas.memory->latest(), source, Region{source});
        for (int i = 0; i < 40; ++i) {
            const Rect part = canvas.random_part(source);
            canvas.paint(part);
            bit_by_bit->update(canvas.memory->latest(), source, Region{part});
        }
        const auto at_once = LinearPixels::create(source.size(), target).value();
        at_once->update(canvas.memory->latest(), source, Region{source});
        CHECK(pixels_of(bit_by_bit->publish()) == pixels_of(at_once->publish()));
    }
}

TEST_CASE("px in the middle of others are mixed, and at its edges a picture goes on as it is") {
    auto memory = MemoryPixels::create({2, 1}).value();
    class TwoPixels final : public RowSource {
    public:
        const std::byte* row(uint32_t, uint32_t, uint32_t, std::byte*) override {
            return reinterpret_cast<const std::byte*>(pixels_);
        }

    private:
        const uint32_t pixels_[2] = {0x000000, 0x80ff40};
    } rows;
    memory->update({0, 0, 2, 1}, rows, Damage::kAsClaimed);
    const auto scaled = LinearPixels::create({2, 1}, {8, 3}).value();
    scaled->update(memory->latest(), {0, 0, 2, 1}, Region{Rect{0, 0, 2, 1}});
    const auto pixels = pixels_of(scaled->publish());
    for (uint32_t y = 0; y < 3; ++y) {
        const uint32_t* row = pixels.data() + size_t{y} * 8;
        CHECK(row[0] == 0);
        CHECK(row[1] == 0);
        CHECK(row[6] == 0x80ff40);
        CHECK(row[7] == 0x80ff40);
        // 3/8 of the way.
        CHECK((row[3] >> 8 & 0xff) >= 93);
        CHECK((row[3] >> 8 & 0xff) <= 97);
    }
}

TEST_CASE(
    "damage of a scaled picture covers what it is mixed into, and at whole multiples no more") {
    const Rect source{10, 10, 100, 50};
    CHECK(scaled_damage(Region{Rect{12, 13, 5, 6}}, source, {300, 150}) ==
          Region{Rect{6, 9, 15, 18}});
    CHECK(scaled_damage(Region{source}, source, {150, 75}) == Region{Rect{0, 0, 150, 75}});
    const Region mixed = scaled_damage(Region{Rect{12, 13, 5, 6}}, source, {150, 75});
    CHECK(mixed.contains(Rect{2, 3, 9, 11}));
    CHECK(mixed.area() <= 14 * 16);
    CHECK(whole_times({100, 50}, {300, 150}) == 3);
    CHECK(whole_times({100, 50}, {300, 151}) == 0);
    CHECK(whole_times({100, 50}, {200, 150}) == 0);
    CHECK(whole_times({0, 0}, {200, 150}) == 0);
}
