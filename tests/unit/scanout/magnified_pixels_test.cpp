// SPDX-License-Identifier: MIT
#include "scanout/magnified_pixels.h"

#include <doctest/doctest.h>

#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "support/random.h"

using namespace oriel;

namespace {

/// A guest's picture of random pixels, all four bytes of each.
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
        const auto side = [&](uint32_t length) { return random.below(length); };
        const uint32_t x = side(of.width);
        const uint32_t y = side(of.height);
        return {of.x + x, of.y + y, 1 + side(of.width - x), 1 + side(of.height - y)};
    }
    /// Where `shown` is not `source` of this with each px `times` a side; empty if nowhere.
    [[nodiscard]] std::string difference(const MemoryBuffer& shown, const Rect& source,
                                         uint32_t times) const {
        for (uint32_t y = 0; y < source.height * times; ++y) {
            for (uint32_t x = 0; x < source.width * times; ++x) {
                uint32_t pixel = 0;
                std::memcpy(&pixel, shown.row(y) + size_t{x} * 4, sizeof(pixel));
                if (pixel !=
                    pixels_[size_t{source.y + y / times} * size_.width + source.x + x / times]) {
                    return std::to_string(x) + "," + std::to_string(y);
                }
            }
        }
        return {};
    }

    test::Random random{7};
    std::shared_ptr<MemoryPixels> memory;

private:
    Size size_;
    std::vector<uint32_t> pixels_;
};

}  // namespace

TEST_CASE("each px of a row is written as often as asked, and nothing but the slack behind it") {
    test::Random random{3};
    for (uint32_t times = 1; times <= 9; ++times) {
        for (const uint32_t count : {1U, 2U, 3U, 17U, 64U}) {
            CAPTURE(times);
            CAPTURE(count);
            std::vector<uint32_t> from(count);
            for (uint32_t& pixel : from) {
                pixel = random();
            }
            constexpr uint32_t kGuard = 0x5a5a'a5a5;
            std::vector<uint32_t> to(size_t{count} * times + kMagnifySlack + 1, kGuard);
            magnify_row(reinterpret_cast<std::byte*>(to.data()),
                        reinterpret_cast<const std::byte*>(from.data()), count, times);
            size_t wrong = 0;
            for (size_t i = 0; i < size_t{count} * times; ++i) {
                wrong += to[i] != from[i / times] ? 1 : 0;
            }
            CHECK(wrong == 0);
            CHECK(to.back() == kGuard);
        }
    }
}

TEST_CASE("a magnified picture is the guest's px by px, whatever changes and whoever holds it") {
    constexpr Size kSize{83, 41};
    const Rect sources[] = {Rect::of(kSize), {5, 3, 61, 29}, {82, 40, 1, 1}};
    for (uint32_t times = 2; times <= 5; ++times) {
        for (const Rect& source : sources) {
            CAPTURE(times);
            CAPTURE(source.width);
            Canvas guest{kSize};
            auto larger = *MagnifiedPixels::create(source.size(), times);
            larger->update(guest.memory->latest(), source, Region{source});
            std::deque<BufferLease> held;
            for (int frame = 0; frame < 40; ++frame) {
                CAPTURE(frame);
                Region damage;
                for (int i = 0; i < frame % 4; ++i) {
                    const Rect part = guest.random_part(source);
                    guest.paint(part);
                    damage.add(part);
                }
                REQUIRE(larger->can_update());
                larger->update(guest.memory->latest(), source, damage);
                held.push_back(larger->publish());
                CHECK(guest.difference(*held.back().buffer(), source, times) == "");
                // A compositor that is up to two frames late.
                while (held.size() > static_cast<size_t>(frame % 3)) {
                    held.pop_front();
                }
            }
        }
    }
}

TEST_CASE("a compositor that keeps every buffer of a magnified picture is waited for") {
    Canvas guest{{16, 16}};
    const Rect all{0, 0, 16, 16};
    auto larger = *MagnifiedPixels::create({16, 16}, 2);
    std::vector<BufferLease> held;
    while (larger->can_update()) {
        guest.paint(all);
        larger->update(guest.memory->latest(), all, Region{all});
        held.push_back(larger->publish());
        REQUIRE(held.size() <= MemoryPixels::kMaxBuffers);
    }
    CHECK(held.size() == MemoryPixels::kMaxBuffers - 1);
    held.erase(held.begin());
    CHECK(larger->can_update());
}

TEST_CASE("a small change is a small copy in the magnified picture, too") {
    Canvas guest{{400, 300}};
    const Rect all{0, 0, 400, 300};
    auto larger = *MagnifiedPixels::create({400, 300}, 3);
    larger->update(guest.memory->latest(), all, Region{all});
    CHECK(larger->bytes_copied() == uint64_t{400} * 300 * 9 * 4);
    auto shown = larger->publish();
    const uint64_t before = larger->bytes_copied();
    const Rect part{17, 19, 8, 4};
    guest.paint(part);
    larger->update(guest.memory->latest(), all, Region{part});
    CHECK(larger->bytes_copied() - before == uint64_t{8} * 4 * 9 * 4);
}

TEST_CASE("a magnified region has the magnified corners") {
    Region region{Rect{1, 2, 3, 4}};
    region.add(Rect{10, 20, 1, 1});
    Region wanted{Rect{3, 6, 9, 12}};
    wanted.add(Rect{30, 60, 3, 3});
    CHECK(magnified(region, 3) == wanted);
    CHECK(magnified(Region{}, 3).empty());
}
