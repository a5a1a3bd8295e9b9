// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/memfd.h"
#include "rig.h"
#include "support/random.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using gpu::command::BackingEntry;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

TEST_CASE("the offset addresses the rectangle's first pixel, rows are the resource's width apart") {
    GpuRig rig;
    // Wide enough for rows that cross pages in the middle of a pixel row.
    auto screen = rig.driver.show(0, {1500, 40}, Pages::kScattered);
    for (uint32_t y = 0; y < 40; ++y) {
        for (uint32_t x = 0; x < 1500; ++x) {
            screen.set(x, y, y << 16 | x);
        }
    }
    REQUIRE(rig.driver.flush(screen.id(), screen.all()) == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 700, 20) == 0);
    REQUIRE(screen.transfer({700, 20, 600, 15}) == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 699, 20) == 0);
    CHECK(rig.display.pixel(0, 700, 19) == 0);
    CHECK(rig.display.pixel(0, 1300, 34) == 0);
    CHECK(rig.display.pixel(0, 1299, 35) == 0);
    for (uint32_t y = 20; y < 35; ++y) {
        for (uint32_t x = 700; x < 1300; ++x) {
            REQUIRE(rig.display.pixel(0, x, y) == (y << 16 | x));
        }
    }
}

TEST_CASE("an offset that is not the rectangle's own place moves the picture") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64}, Pages::kContiguous);
    screen.fill({0, 0, 8, 8}, 0xabcdef);
    REQUIRE(rig.driver.transfer(screen.id(), {32, 32, 8, 8}, 0) == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 32, 32) == 0xabcdef);
    CHECK(rig.display.pixel(0, 39, 39) == 0xabcdef);
    CHECK(rig.display.pixel(0, 0, 0) == 0);
}

TEST_CASE("an offset may be odd") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64}, Pages::kScattered);
    screen.fill(0x11223344);
    REQUIRE(rig.driver.transfer(screen.id(), {0, 0, 64, 32}, 1) == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 0, 0) == 0x44112233);
    CHECK(rig.display.pixel(0, 63, 31) == 0x44112233);
}

TEST_CASE("a transfer that begins beyond the backing, also by overflow, is ERR_INVALID_PARAMETER") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64}, Pages::kContiguous);
    constexpr uint64_t kBytes = 64 * 64 * 4;
    screen.fill(0xffffff);
    CHECK(rig.driver.transfer(screen.id(), screen.all(), 0) == Type::kOkNodata);
    CHECK(rig.driver.transfer(screen.id(), {0, 0, 1, 1}, kBytes - 4) == Type::kOkNodata);
    for (const uint64_t offset :
         {kBytes, kBytes + 1, UINT64_MAX, UINT64_MAX - 3, uint64_t{1} << 63}) {
        CHECK(rig.driver.transfer(screen.id(), {0, 0, 1, 1}, offset) == Type::kErrInvalidParameter);
    }
}

TEST_CASE("backing that is shorter than the resource serves as far as it goes") {
    // 16 rows and 10 pixels of 64x64, and a byte that is no pixel.
    constexpr uint32_t kBytes = 16 * 256 + 10 * 4 + 1;
    GpuRig rig;
    REQUIRE(rig.driver.create_2d(1, {64, 64}) == Type::kOkNodata);
    const uint64_t address = rig.link.allocate(kBytes);
    const auto bytes = rig.link.bytes(address, kBytes);
    std::fill(bytes.begin(), bytes.end(), std::byte{7});
    REQUIRE(rig.driver.attach_backing(1, {{address, kBytes}}) == Type::kOkNodata);
    REQUIRE(rig.driver.set_scanout(0, 1, {0, 0, 64, 64}) == Type::kOkNodata);
    SUBCASE("all of it at once") {
        CHECK(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kOkNodata);
    }
    SUBCASE("a part that begins inside") {
        CHECK(rig.driver.transfer(1, {0, 0, 64, 16}, 0) == Type::kOkNodata);
        CHECK(rig.driver.transfer(1, {0, 16, 64, 17}, 16 * 256) == Type::kOkNodata);
    }
    SUBCASE("columns") {
        for (uint32_t x = 0; x < 64; ++x) {
            CHECK(rig.driver.transfer(1, {x, 0, 1, 64}, x * 4) == Type::kOkNodata);
        }
    }
    CHECK(rig.display.pixel(0, 63, 15) == 0x07070707);
    CHECK(rig.display.pixel(0, 9, 16) == 0x07070707);
    CHECK(rig.display.pixel(0, 10, 16) == 0);
    CHECK(rig.display.pixel(0, 0, 17) == 0);
    CHECK(rig.driver.transfer(1, {0, 17, 64, 1}, 17 * 256) == Type::kErrInvalidParameter);
}

TEST_CASE("an empty transfer is fine and changes nothing") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    screen.fill(0xffffff);
    CHECK(rig.driver.transfer(screen.id(), {5, 5, 0, 0}, 0) == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 5, 5) == 0);
}

TEST_CASE("backing may come in pieces of any size, also none") {
    GpuRig rig;
    const uint64_t base = rig.link.allocate(1 << 20);
    Random random{7};
    std::vector<BackingEntry> entries;
    std::vector<uint32_t> expected(64 * 64);
    std::vector<std::byte> stream(expected.size() * 4);
    for (size_t i = 0; i < expected.size(); ++i) {
        expected[i] = random();
        std::memcpy(stream.data() + i * 4, &expected[i], 4);
    }
    uint64_t at = base;
    for (size_t done = 0; done < stream.size();) {
        const uint32_t length =
            std::min<uint32_t>(random.below(50), static_cast<uint32_t>(stream.size() - done));
        std::memcpy(rig.link.bytes(at, length).data(), stream.data() + done, length);
        entries.push_back({at, length});
        done += length;
        at += length + random.below(3);  // some are contiguous
    }
    REQUIRE(rig.driver.create_2d(1, {64, 64}) == Type::kOkNodata);
    rig.link.split_requests(40);  // in many descriptors, entries torn apart
    REQUIRE(rig.driver.attach_backing(1, entries) == Type::kOkNodata);
    REQUIRE(rig.driver.set_scanout(0, 1, {0, 0, 64, 64}) == Type::kOkNodata);
    REQUIRE(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kOkNodata);
    for (uint32_t i = 0; i < 64 * 64; ++i) {
        REQUIRE(rig.display.pixel(0, i % 64, i / 64) == expected[i]);
    }
}

TEST_CASE("all eight formats arrive with the right colours, in one piece and in many") {
    struct Case {
        wire::Format format;
        std::array<uint8_t, 4> memory;  // of red 1, green 2, blue 3, alpha or X 4
    };
    constexpr std::array<Case, 8> kCases{{{wire::Format::kB8G8R8A8, {3, 2, 1, 4}},
                                          {wire::Format::kB8G8R8X8, {3, 2, 1, 4}},
                                          {wire::Format::kA8R8G8B8, {4, 1, 2, 3}},
                                          {wire::Format::kX8R8G8B8, {4, 1, 2, 3}},
                                          {wire::Format::kR8G8B8A8, {1, 2, 3, 4}},
                                          {wire::Format::kX8B8G8R8, {4, 3, 2, 1}},
                                          {wire::Format::kA8B8G8R8, {4, 3, 2, 1}},
                                          {wire::Format::kR8G8B8X8, {1, 2, 3, 4}}}};
    for (const Case& item : kCases) {
        for (const Pages pages : {Pages::kContiguous, Pages::kScattered}) {
            GpuRig rig;
            auto screen = rig.driver.create({1001, 7}, pages, item.format);
            REQUIRE(screen.show_on(0) == Type::kOkNodata);
            uint32_t value = 0;
            std::memcpy(&value, item.memory.data(), sizeof value);
            screen.fill(value);
            REQUIRE(screen.flush() == Type::kOkNodata);
            CAPTURE(static_cast<uint32_t>(item.format));
            for (uint32_t y = 0; y < 7; ++y) {
                for (uint32_t x = 0; x < 1001; ++x) {
                    REQUIRE(rig.display.pixel(0, x, y) == 0x04010203);
                }
            }
        }
    }
}

TEST_CASE("the guest's memory map may change between transfers") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64}, Pages::kScattered);
    screen.fill(1);
    REQUIRE(screen.flush() == Type::kOkNodata);

    auto& memory = rig.link.memory();
    auto elsewhere = create_memfd("elsewhere", 4096, MemfdSeals::kNone);
    REQUIRE(memory.map(0, 4096, std::move(*elsewhere), 0, true));
    screen.fill(2);
    CHECK(screen.transfer() == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 1, 1) == 2);
    REQUIRE(memory.unmap(0, 4096));
    screen.fill(3);
    CHECK(screen.transfer() == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 1, 1) == 3);
}

TEST_CASE("backing whose memory went away is ERR_INVALID_PARAMETER until it is back") {
    GpuRig rig;
    constexpr uint64_t kFar = uint64_t{1} << 40;
    auto file = create_memfd("far", 64 * 64 * 4, MemfdSeals::kNone);
    auto& memory = rig.link.memory();
    const auto plug = [&] {
        REQUIRE(memory.map(kFar, 64 * 64 * 4, UniqueFd{::dup(file->get())}, 0, true));
    };
    plug();
    REQUIRE(rig.driver.create_2d(1, {64, 64}) == Type::kOkNodata);
    REQUIRE(rig.driver.attach_backing(1, {{kFar, 64 * 64 * 4}}) == Type::kOkNodata);
    CHECK(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kOkNodata);
    REQUIRE(memory.unmap(kFar, 64 * 64 * 4));
    CHECK(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kErrInvalidParameter);
    plug();
    CHECK(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kOkNodata);
}

TEST_CASE("backing that falls into more pieces than its entries may is refused") {
    gpu::Limits limits;
    limits.backing_splits = 2;
    GpuRig rig{1, limits};
    auto& memory = rig.link.memory();
    constexpr uint64_t kFar = uint64_t{1} << 40;
    constexpr uint64_t kPage = 4096;
    constexpr uint64_t kPages = 4;
    auto file = create_memfd("far", 2 * kPages * kPage, MemfdSeals::kNone);
    // Pages of the file that are `step` apart, one range each.
    const auto plug = [&](uint64_t step) {
        memory.unmap(kFar, kPages * kPage);
        for (uint64_t i = 0; i < kPages; ++i) {
            REQUIRE(memory.map(kFar + i * kPage, kPage, UniqueFd{::dup(file->get())},
                               i * step * kPage, true));
        }
    };
    const auto attach = [&](uint32_t id, const std::vector<BackingEntry>& entries) {
        REQUIRE(rig.driver.create_2d(id, {64, 64}) == Type::kOkNodata);
        return rig.driver.attach_backing(id, entries);
    };
    plug(2);
    CHECK(attach(1, {{kFar, 4 * kPage}}) == Type::kErrOutOfMemory);
    CHECK(rig.device->stats().backing_entries == 0);
    CHECK(attach(2, {{kFar, 3 * kPage}}) == Type::kOkNodata);
    CHECK(attach(3, {{kFar, 2 * kPage}, {kFar + 2 * kPage, 2 * kPage}}) == Type::kOkNodata);
    CHECK(rig.driver.transfer(3, {0, 0, 64, 64}, 0) == Type::kOkNodata);

    // Ranges that are contiguous in the file are one piece.
    plug(1);
    CHECK(rig.driver.attach_backing(1, {{kFar, 4 * kPage}}) == Type::kOkNodata);
    CHECK(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kOkNodata);
    plug(2);
    CHECK(rig.driver.transfer(1, {0, 0, 1, 1}, 0) == Type::kErrInvalidParameter);
    CHECK(rig.driver.transfer(3, {0, 0, 64, 64}, 0) == Type::kOkNodata);
    plug(1);
    CHECK(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kOkNodata);
}

TEST_CASE("single pixels transferred here and there keep the damage small and complete") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {512, 512}, Pages::kContiguous);
    REQUIRE(screen.flush() == Type::kOkNodata);
    rig.display.forget_calls();
    Random random{1};
    for (int i = 0; i < 3000; ++i) {
        const uint32_t x = random.below(512);
        const uint32_t y = random.below(512);
        screen.set(x, y, 0xffffff);
        REQUIRE(screen.transfer({x, y, 1, 1}) == Type::kOkNodata);
    }
    REQUIRE(rig.driver.flush(screen.id(), screen.all()) == Type::kOkNodata);
    const Region damage = rig.display.last(Kind::kFlush).damage;
    CHECK(damage.rect_count() <= 128);
    for (uint32_t y = 0; y < 512; ++y) {
        for (uint32_t x = 0; x < 512; ++x) {
            REQUIRE(rig.display.pixel(0, x, y) == screen.get(x, y));
            if (screen.get(x, y) != 0) {
                REQUIRE(damage.contains({x, y, 1, 1}));
            }
        }
    }
}

}  // namespace
