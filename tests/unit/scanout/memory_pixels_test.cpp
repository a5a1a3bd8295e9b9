// SPDX-License-Identifier: MIT
#include "scanout/memory_pixels.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <cstring>
#include <vector>

#include "row_diff.h"
#include "support/log_lines.h"
#include "support/random.h"

using namespace oriel;

namespace {

/// The picture as the guest has it.
class Canvas final : public RowSource {
public:
    explicit Canvas(Size size) : size_{size}, pixels_(size.area()) {}

    const std::byte* row(uint32_t x, uint32_t y, uint32_t, std::byte*) override {
        return reinterpret_cast<const std::byte*>(&pixels_[size_t{y} * size_.width + x]);
    }
    uint32_t& at(uint32_t x, uint32_t y) { return pixels_[size_t{y} * size_.width + x]; }
    void fill(const Rect& rect, uint32_t value) {
        for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
            for (uint32_t x = rect.x; x < rect.right(); ++x) {
                at(x, y) = value;
            }
        }
    }
    [[nodiscard]] bool equals(const MemoryBuffer& buffer) const {
        for (uint32_t y = 0; y < size_.height; ++y) {
            if (std::memcmp(buffer.row(y), &pixels_[size_t{y} * size_.width],
                            size_t{size_.width} * 4) != 0) {
                return false;
            }
        }
        return true;
    }

private:
    Size size_;
    std::vector<uint32_t> pixels_;
};

constexpr Size kSize{200, 100};
constexpr Rect kAll = Rect::of(kSize);

}  // namespace

TEST_CASE("buffers are page-aligned, their rows multiples of 256 bytes") {
    auto buffer = MemoryBuffer::create({65, 3});
    REQUIRE(buffer);
    CHECK((*buffer)->stride() == 512);
    CHECK((*buffer)->byte_size() % 4096 == 0);
    CHECK(reinterpret_cast<uintptr_t>((*buffer)->row(0)) % 4096 == 0);
}

TEST_CASE("a picture that only is read needs one buffer") {
    auto pixels = *MemoryPixels::create(kSize);
    Canvas guest{kSize};
    for (uint32_t i = 1; i < 10; ++i) {
        guest.fill(kAll, i);
        pixels->update(kAll, guest, Damage::kAsClaimed);
        CHECK(guest.equals(pixels->latest()));
    }
    CHECK(pixels->buffer_count() == 1);
}

TEST_CASE("a full frame costs one copy, also with a compositor that holds the last one") {
    auto pixels = *MemoryPixels::create(kSize);
    Canvas guest{kSize};
    std::vector<BufferLease> held;
    for (const Damage damage : {Damage::kAsClaimed, Damage::kCompare}) {
        const uint64_t before = pixels->bytes_copied();
        for (uint32_t i = 1; i <= 10; ++i) {
            guest.fill(kAll, i * 1000 + static_cast<uint32_t>(damage));
            pixels->update(kAll, guest, damage);
            held.push_back(pixels->publish());
            CHECK(guest.equals(*held.back().buffer()));
            if (held.size() > 1) {
                held.erase(held.begin());
            }
        }
        CHECK(pixels->bytes_copied() - before == 10 * kSize.area() * 4);
    }
}

TEST_CASE("a small change costs its damage, twice at most") {
    auto pixels = *MemoryPixels::create(kSize);
    Canvas guest{kSize};
    guest.fill(kAll, 7);
    pixels->update(kAll, guest, Damage::kAsClaimed);
    std::vector<BufferLease> held;
    constexpr Rect kSmall{32, 8, 16, 16};
    uint64_t before = 0;
    for (uint32_t i = 1; i <= 10; ++i) {
        if (i == 5) {
            before = pixels->bytes_copied();  // all three buffers have been filled by now
        }
        guest.fill(kSmall, i);
        pixels->update(kSmall, guest, Damage::kAsClaimed);
        held.push_back(pixels->publish());
        CHECK(guest.equals(*held.back().buffer()));
        if (held.size() > 1) {
            held.erase(held.begin());
        }
    }
    CHECK(pixels->bytes_copied() - before <= 6 * 2 * kSmall.size().area() * 4);
}

TEST_CASE("comparing finds the real damage of a guest that claims the whole screen") {
    auto pixels = *MemoryPixels::create(kSize);
    Canvas guest{kSize};
    guest.fill(kAll, 0x112233);
    CHECK(pixels->update(kAll, guest, Damage::kCompare) == Region{kAll});
    CHECK(pixels->update(kAll, guest, Damage::kCompare).empty());

    guest.fill({40, 10, 8, 16}, 0xffffff);
    SUBCASE("in a buffer that is up to date") {
        const Region damage = pixels->update(kAll, guest, Damage::kCompare);
        CHECK(damage == Region{Rect{32, 10, 16, 16}});
    }
    SUBCASE("and in one that lags behind") {
        const BufferLease shown = pixels->publish();
        const Region damage = pixels->update(kAll, guest, Damage::kCompare);
        CHECK(damage == Region{Rect{32, 10, 16, 16}});
    }
    CHECK(guest.equals(pixels->latest()));
}

TEST_CASE("video is believed most of the time, and a picture that calms down is noticed") {
    auto pixels = *MemoryPixels::create(kSize);
    Canvas guest{kSize};
    for (uint32_t i = 1; i <= 100; ++i) {
        guest.fill(kAll, i);
        CHECK(pixels->update(kAll, guest, Damage::kCompare) == Region{kAll});
    }
    int believed = 0;
    while (!pixels->update(kAll, guest, Damage::kCompare).empty()) {
        ++believed;
        REQUIRE(believed < 32);
    }
    CHECK(believed > 0);
    guest.fill({0, 0, 16, 1}, 0xffffff);
    CHECK(pixels->update(kAll, guest, Damage::kCompare).area() == 16);
}

TEST_CASE("changes in every other row make a bounded number of rectangles that hold them all") {
    constexpr Size kTall{64, 2000};
    auto pixels = *MemoryPixels::create(kTall);
    Canvas guest{kTall};
    pixels->update(Rect::of(kTall), guest, Damage::kFind);
    for (uint32_t y = 0; y < kTall.height; y += 2) {
        guest.at(y % 64, y) = 0xffffff;
    }
    const Region damage = pixels->update(Rect::of(kTall), guest, Damage::kFind);
    size_t rectangles = 0;
    damage.for_each([&](const Rect&) { ++rectangles; });
    CHECK(rectangles <= 130);
    for (uint32_t y = 0; y < kTall.height; y += 2) {
        REQUIRE(damage.contains({y % 64, y, 1, 1}));
    }
    CHECK(guest.equals(pixels->latest()));
}

TEST_CASE("memory that nobody reports about is compared every time") {
    auto pixels = *MemoryPixels::create(kSize);
    Canvas guest{kSize};
    for (uint32_t i = 1; i <= 10; ++i) {
        guest.fill(kAll, i);
        CHECK(pixels->update(kAll, guest, Damage::kFind) == Region{kAll});
    }
    CHECK(pixels->update(kAll, guest, Damage::kFind).empty());
}

TEST_CASE("nobody writes a buffer that a compositor holds") {
    auto pixels = *MemoryPixels::create(kSize);
    Canvas guest{kSize};
    test::Random random{1};
    struct Held {
        BufferLease lease;
        Canvas picture;
    };
    std::vector<std::unique_ptr<Held>> held;
    for (int turn = 0; turn < 500; ++turn) {
        const uint32_t x = random.below(kSize.width);
        const uint32_t y = random.below(kSize.height);
        const Rect rect{x, y, 1 + random.below(kSize.width - x),
                        1 + random.below(kSize.height - y)};
        guest.fill(rect, random());
        pixels->update(rect, guest, random.one_in(2) ? Damage::kAsClaimed : Damage::kCompare);
        if (random.one_in(3)) {
            CHECK(guest.equals(pixels->latest()));
        }
        if (!pixels->can_publish()) {
            REQUIRE_FALSE(held.empty());
            held.erase(held.begin() +
                       static_cast<long>(random.below(static_cast<uint32_t>(held.size()))));
        }
        if (random.one_in(2) && pixels->can_publish()) {
            held.push_back(std::unique_ptr<Held>{new Held{pixels->publish(), Canvas{kSize}}});
            std::memcpy(&held.back()->picture.at(0, 0), guest.row(0, 0, 0, nullptr),
                        kSize.area() * 4);
            if (random.one_in(2)) {
                held.back()->lease.latched();
            }
        }
        for (const auto& entry : held) {
            REQUIRE(entry->picture.equals(*entry->lease.buffer()));
        }
        if (random.one_in(10)) {
            held.clear();
        }
        if (random.one_in(20)) {
            pixels->trim();
        }
        CHECK(pixels->buffer_count() <= MemoryPixels::kMaxBuffers);
    }
    CHECK(guest.equals(pixels->latest()));
}

TEST_CASE("with every buffer held nothing can be published, and writing still works") {
    auto pixels = *MemoryPixels::create(kSize);
    Canvas guest{kSize};
    std::vector<BufferLease> held;
    for (uint32_t i = 0; i < MemoryPixels::kMaxBuffers - 1; ++i) {
        guest.fill(kAll, i + 1);
        pixels->update(kAll, guest, Damage::kAsClaimed);
        REQUIRE(pixels->can_publish());
        held.push_back(pixels->publish());
    }
    guest.fill(kAll, 9);
    pixels->update(kAll, guest, Damage::kAsClaimed);
    CHECK_FALSE(pixels->can_publish());
    CHECK(guest.equals(pixels->latest()));
    held.erase(held.begin());
    CHECK(pixels->can_publish());
}

TEST_CASE("one picture in two windows is free only when both have released it") {
    auto pixels = *MemoryPixels::create(kSize);
    BufferLease first = pixels->publish();
    BufferLease second = pixels->publish();
    CHECK(first.buffer() == second.buffer());
    first.reset();
    CHECK(second.buffer()->state() == BufferState::kCommitted);
    const auto buffer = second.buffer();
    second.reset();
    CHECK(buffer->state() == BufferState::kFree);
}

TEST_CASE("a lease outlives its picture") {
    auto pixels = *MemoryPixels::create(kSize);
    Canvas guest{kSize};
    guest.fill(kAll, 5);
    pixels->update(kAll, guest, Damage::kAsClaimed);
    BufferLease lease = pixels->publish();
    pixels.reset();
    CHECK(guest.equals(*lease.buffer()));
    lease.reset();
}

TEST_CASE("an idle picture gives its spare buffers back and goes on") {
    auto pixels = *MemoryPixels::create(kSize);
    Canvas guest{kSize};
    {
        std::vector<BufferLease> held;
        for (uint32_t i = 0; i < 2; ++i) {
            guest.fill(kAll, i + 1);
            pixels->update(kAll, guest, Damage::kAsClaimed);
            held.push_back(pixels->publish());
        }
        guest.fill({0, 0, 5, 5}, 3);
        pixels->update({0, 0, 5, 5}, guest, Damage::kAsClaimed);
    }
    CHECK(pixels->buffer_count() == 3);
    pixels->trim();
    CHECK(pixels->buffer_count() == 1);
    CHECK(guest.equals(pixels->latest()));
    const BufferLease lease = pixels->publish();
    guest.fill({9, 9, 5, 5}, 4);
    pixels->update({9, 9, 5, 5}, guest, Damage::kCompare);
    CHECK(guest.equals(pixels->latest()));
}

TEST_CASE("the differing span of two rows holds every difference and little more") {
    test::Random random{2};
    for (int turn = 0; turn < 3000; ++turn) {
        const uint32_t width = 1 + random.below(2500);
        std::vector<uint32_t> a(width);
        for (uint32_t& pixel : a) {
            pixel = random();
        }
        std::vector<uint32_t> b = a;
        const auto bytes = [](const std::vector<uint32_t>& row) {
            return reinterpret_cast<const std::byte*>(row.data());
        };
        CHECK(differing_span(bytes(a), bytes(b), width).empty());
        uint32_t first = random.below(width);
        uint32_t last = random.below(width);
        if (first > last) {
            std::swap(first, last);
        }
        b[first] ^= 1;
        b[last] ^= first == last ? 0 : 0x80000000;
        const PixelSpan span = differing_span(bytes(a), bytes(b), width);
        CAPTURE(width);
        CAPTURE(first);
        CAPTURE(last);
        REQUIRE(span.first <= first);
        REQUIRE(span.end > last);
        REQUIRE(span.end <= width);
        CHECK(first - span.first < 16);
        CHECK(span.end - last <= 32);
    }
}

TEST_CASE("a host without room for a second buffer gets the picture, and few lines in its log") {
    auto pixels = *MemoryPixels::create(kSize);
    Canvas guest{kSize};
    guest.fill(kAll, 1);
    pixels->update(kAll, guest, Damage::kAsClaimed);
    const BufferLease held = pixels->publish();
    const test::LogLines log;
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    for (uint32_t i = 0; i < 100; ++i) {
        guest.fill(kAll, i);
        pixels->update(kAll, guest, Damage::kAsClaimed);
    }
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(pixels->buffer_count() == 1);
    CHECK(guest.equals(*held.buffer()));
    CHECK(log.count("no second frame buffer") > 5);
    CHECK(log.count("no second frame buffer") < 20);
}
