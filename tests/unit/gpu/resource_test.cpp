// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <array>
#include <cstring>
#include <string_view>

#include "core/descriptors.h"
#include "core/log.h"
#include "rig.h"
#include "support/descriptor_limit.h"
#include "support/heap_bytes.h"
#include "support/log_lines.h"
#include "support/sanitized.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using gpu::command::BackingEntry;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

TEST_CASE("resource ids: 0 and a used one are refused, one given back is free again") {
    GpuRig rig;
    CHECK(rig.driver.create_2d(0, {64, 64}) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.create_2d(1, {64, 64}) == Type::kOkNodata);
    CHECK(rig.driver.create_2d(1, {64, 64}) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.create_2d(0xffffffff, {64, 64}) == Type::kOkNodata);
    CHECK(rig.driver.unref(1) == Type::kOkNodata);
    CHECK(rig.driver.unref(1) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.create_2d(1, {32, 32}) == Type::kOkNodata);
    CHECK(rig.device->stats().resources == 2);
}

TEST_CASE("a resource that was given back and made again starts black") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    screen.fill(0xffffff);
    REQUIRE(screen.flush() == Type::kOkNodata);
    REQUIRE(rig.driver.unref(screen.id()) == Type::kOkNodata);
    REQUIRE(rig.driver.create_2d(screen.id(), {64, 64}) == Type::kOkNodata);
    REQUIRE(screen.show_on(0) == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 5, 5) == 0);
}

TEST_CASE("commands on a resource that doesn't exist are ERR_INVALID_RESOURCE_ID") {
    GpuRig rig;
    const auto pages = rig.driver.allocate(4096);
    CHECK(rig.driver.unref(7) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.attach_backing(7, pages) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.detach_backing(7) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.set_scanout(0, 7, {0, 0, 1, 1}) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.transfer(7, {0, 0, 1, 1}, 0) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.flush(7, {0, 0, 1, 1}) == Type::kErrInvalidResourceId);
    CHECK(rig.driver.update_cursor(0, 7, {}) == Type::kErrInvalidResourceId);
    CHECK(rig.device->stats().error(Type::kErrInvalidResourceId) == 7);
    CHECK(rig.display.calls().empty());
}

TEST_CASE("a scanout that doesn't exist is ERR_INVALID_SCANOUT_ID") {
    GpuRig rig{2};
    REQUIRE(rig.driver.create_2d(1, {64, 64}) == Type::kOkNodata);
    for (const uint32_t scanout : {2U, 15U, 16U, 0xffffffffU}) {
        CHECK(rig.driver.set_scanout(scanout, 1, {0, 0, 64, 64}) == Type::kErrInvalidScanoutId);
        CHECK(rig.driver.set_scanout(scanout, 0, {}) == Type::kErrInvalidScanoutId);
        CHECK(rig.driver.update_cursor(scanout, 1, {}) == Type::kErrInvalidScanoutId);
        CHECK(rig.driver.move_cursor(scanout, {}) == Type::kErrInvalidScanoutId);
        const auto answer = rig.driver.send(Type::kGetEdid, wire::GetEdid{{}, scanout, 0});
        CHECK(static_cast<Type>(answer.type) == Type::kErrInvalidScanoutId);
    }
    CHECK(rig.driver.set_scanout(1, 1, {0, 0, 64, 64}) == Type::kOkNodata);
}

TEST_CASE("rectangles outside the resource, also by overflow, are ERR_INVALID_PARAMETER") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 48});
    rig.display.forget_calls();
    for (const Rect& rect : {Rect{0, 0, 65, 48}, Rect{0, 0, 64, 49}, Rect{1, 0, 64, 48},
                             Rect{0, 1, 64, 48}, Rect{64, 48, 1, 1}, Rect{0xffffffff, 0, 2, 1},
                             Rect{0, 0xffffffff, 1, 2}, Rect{2, 2, 0xffffffff, 0xffffffff},
                             Rect{0x80000000, 0x80000000, 0x80000000, 0x80000000}}) {
        CHECK(rig.driver.set_scanout(0, screen.id(), rect) == Type::kErrInvalidParameter);
        CHECK(rig.driver.flush(screen.id(), rect) == Type::kErrInvalidParameter);
        CHECK(rig.driver.transfer(screen.id(), rect, 0) == Type::kErrInvalidParameter);
    }
    CHECK(rig.driver.set_scanout(0, screen.id(), {0, 0, 0, 48}) == Type::kErrInvalidParameter);
    CHECK(rig.display.calls().empty());
}

TEST_CASE("backing: a second one, and a detach or a transfer without one, are ERR_UNSPEC") {
    GpuRig rig;
    const auto pages = rig.driver.allocate(64 * 64 * 4);
    REQUIRE(rig.driver.create_2d(1, {64, 64}) == Type::kOkNodata);
    CHECK(rig.driver.detach_backing(1) == Type::kErrUnspec);
    CHECK(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kErrUnspec);
    CHECK(rig.driver.attach_backing(1, pages) == Type::kOkNodata);
    CHECK(rig.driver.attach_backing(1, pages) == Type::kErrUnspec);
    CHECK(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kOkNodata);
    CHECK(rig.driver.detach_backing(1) == Type::kOkNodata);
    CHECK(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kErrUnspec);
    CHECK(rig.device->stats().backing_entries == 0);
}

TEST_CASE("backing that is not in guest memory is ERR_INVALID_PARAMETER") {
    GpuRig rig;
    REQUIRE(rig.driver.create_2d(1, {64, 64}) == Type::kOkNodata);
    constexpr uint64_t kEnd = DirectGpuLink::kRamBase + DirectGpuLink::kRamSize;
    for (const BackingEntry& entry :
         {BackingEntry{0, 4096}, BackingEntry{kEnd, 4096}, BackingEntry{kEnd - 1, 4096},
          BackingEntry{DirectGpuLink::kRamBase - 1, 4096}, BackingEntry{UINT64_MAX - 1, 4096},
          BackingEntry{DirectGpuLink::kRamBase, UINT32_MAX}}) {
        CHECK(rig.driver.attach_backing(1, {entry}) == Type::kErrInvalidParameter);
    }
    CHECK(rig.device->stats().backing_entries == 0);
    CHECK(rig.driver.attach_backing(1, rig.driver.allocate(4096)) == Type::kOkNodata);
}

TEST_CASE("over a cap is ERR_OUT_OF_MEMORY, and what is given back can be had again") {
    gpu::Limits limits;
    SUBCASE("resources") {
        limits.resources = 3;
        GpuRig rig{1, limits};
        for (uint32_t id = 1; id <= 3; ++id) {
            CHECK(rig.driver.create_2d(id, {16, 16}) == Type::kOkNodata);
        }
        CHECK(rig.driver.create_2d(4, {16, 16}) == Type::kErrOutOfMemory);
        CHECK(rig.driver.unref(2) == Type::kOkNodata);
        CHECK(rig.driver.create_2d(4, {16, 16}) == Type::kOkNodata);
    }
    SUBCASE("bytes") {
        limits.host_bytes = 2 * 256 * 64;
        GpuRig rig{1, limits};
        CHECK(rig.driver.create_2d(1, {16384, 16384}) == Type::kErrOutOfMemory);
        CHECK(rig.driver.create_2d(1, {64, 64}) == Type::kOkNodata);
        CHECK(rig.driver.create_2d(2, {64, 64}) == Type::kOkNodata);
        CHECK(rig.driver.create_2d(3, {1, 1}) == Type::kErrOutOfMemory);
        CHECK(rig.driver.unref(1) == Type::kOkNodata);
        CHECK(rig.driver.create_2d(3, {1, 1}) == Type::kOkNodata);
        CHECK(rig.device->stats().host_bytes == 256 * 64 + 256);
    }
    SUBCASE("backing entries") {
        limits.backing_entries = 4;
        GpuRig rig{1, limits};
        const auto two = rig.driver.allocate(2 * 4096);
        for (uint32_t id = 1; id <= 3; ++id) {
            REQUIRE(rig.driver.create_2d(id, {16, 16}) == Type::kOkNodata);
        }
        CHECK(rig.driver.attach_backing(1, two) == Type::kOkNodata);
        CHECK(rig.driver.attach_backing(2, two) == Type::kOkNodata);
        CHECK(rig.driver.attach_backing(3, {two[0]}) == Type::kErrOutOfMemory);
        CHECK(rig.driver.unref(1) == Type::kOkNodata);
        CHECK(rig.driver.attach_backing(3, two) == Type::kOkNodata);
        CHECK(rig.device->stats().backing_entries == 4);
    }
}

TEST_CASE("a resource that is destroyed while shown leaves the scanout dark") {
    GpuRig rig{2};
    auto screen = rig.driver.show(0, {64, 64});
    REQUIRE(screen.show_on(1) == Type::kOkNodata);
    CHECK(rig.driver.unref(screen.id()) == Type::kOkNodata);
    CHECK(rig.display.count(Kind::kDetach) == 2);
    CHECK(rig.display.attached(0) == nullptr);
    CHECK(rig.display.attached(1) == nullptr);
    CHECK(rig.device->stats().host_bytes == 0);
    // The same id again is not shown by itself.
    REQUIRE(rig.driver.create_2d(screen.id(), {64, 64}) == Type::kOkNodata);
    CHECK(rig.driver.flush(screen.id(), {0, 0, 64, 64}) == Type::kOkNodata);
    CHECK(rig.display.count(Kind::kFlush) == 0);
}

TEST_CASE("a presenter may keep the picture of a destroyed resource") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    screen.fill(0x123456);
    REQUIRE(screen.flush() == Type::kOkNodata);
    const FramebufferRef kept = rig.display.attached(0);
    REQUIRE(rig.driver.unref(screen.id()) == Type::kOkNodata);
    uint32_t pixel = 0;
    std::memcpy(&pixel, kept->memory()->latest().row(3), sizeof pixel);
    CHECK(pixel == 0x123456);
}

TEST_CASE("backing that is detached while shown leaves the last picture") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    screen.fill(0x123456);
    REQUIRE(screen.flush() == Type::kOkNodata);
    CHECK(rig.driver.detach_backing(screen.id()) == Type::kOkNodata);
    CHECK(rig.display.attached(0) != nullptr);
    CHECK(rig.display.pixel(0, 9, 9) == 0x123456);
    CHECK(rig.driver.flush(screen.id(), screen.all()) == Type::kOkNodata);
}

TEST_CASE("a scanout that is switched off is dark, and a second time changes nothing") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    CHECK(rig.driver.set_scanout(0, 0, {}) == Type::kOkNodata);
    CHECK(rig.driver.set_scanout(0, 0, {0, 0, 1024, 768}) == Type::kOkNodata);
    CHECK(rig.display.count(Kind::kDetach) == 1);
    CHECK(screen.flush() == Type::kOkNodata);
    CHECK(rig.display.count(Kind::kFlush) == 0);
}

TEST_CASE("page flips hand the presenter the framebuffers that it knows") {
    GpuRig rig;
    auto front = rig.driver.show(0, {64, 64});
    auto back = rig.driver.create({64, 64});
    const FramebufferRef first = rig.display.attached(0);
    REQUIRE(back.show_on(0) == Type::kOkNodata);
    const FramebufferRef second = rig.display.attached(0);
    REQUIRE(front.show_on(0) == Type::kOkNodata);
    CHECK(first != second);
    CHECK(rig.display.attached(0) == first);
    REQUIRE(back.show_on(0) == Type::kOkNodata);
    CHECK(rig.display.attached(0) == second);
}

TEST_CASE("there are no capability sets") {
    GpuRig rig;
    CHECK(rig.driver.config().num_capsets == 0);
    const auto info = rig.driver.send(Type::kGetCapsetInfo, wire::GetCapsetInfo{});
    CHECK(static_cast<Type>(info.type) == Type::kErrInvalidParameter);
    const auto set = rig.driver.send(Type::kGetCapset, wire::GetCapset{});
    CHECK(static_cast<Type>(set.type) == Type::kErrInvalidParameter);
}

TEST_CASE("every command is counted by its kind, every error by its own") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    REQUIRE(screen.flush() == Type::kOkNodata);
    static_cast<void>(rig.driver.send(static_cast<Type>(0x0200), wire::GetEdid{}));
    const gpu::Stats stats = rig.device->stats();
    CHECK(stats.command(Type::kResourceCreate2d) == 1);
    CHECK(stats.command(Type::kResourceAttachBacking) == 1);
    CHECK(stats.command(Type::kSetScanout) == 1);
    CHECK(stats.command(Type::kTransferToHost2d) == 1);
    CHECK(stats.command(Type::kResourceFlush) == 1);
    CHECK(stats.unknown_commands == 1);
    CHECK(stats.error(Type::kErrUnspec) == 1);
    CHECK(stats.backing_entries == 4);
    CHECK(stats.transferred_bytes == 64 * 64 * 4);
}

TEST_CASE("a host without memory answers ERR_OUT_OF_MEMORY, and its log isn't filled") {
    GpuRig rig;
    const auto pages = rig.driver.allocate(64 * 64 * 4);
    REQUIRE(rig.driver.create_2d(1, {64, 64}) == Type::kOkNodata);
    REQUIRE(rig.driver.attach_backing(1, pages) == Type::kOkNodata);
    const LogLines log;
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    for (int i = 0; i < 100; ++i) {
        CHECK(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kErrOutOfMemory);
    }
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(rig.driver.transfer(1, {0, 0, 64, 64}, 0) == Type::kOkNodata);
    CHECK(log.count("no memory for a 64x64 resource") > 5);
    CHECK(log.count("no memory for a 64x64 resource") < 20);
}

// Behind the one that counts the lines: they are limited for the whole process.
TEST_CASE("a picture that the host has no memory for is refused each time, and leaves nothing") {
    GpuRig rig;
    const Rect all{0, 0, 64, 64};
    const auto pages = rig.driver.allocate(64 * 64 * 4);
    const auto run = [&](int rounds) {
        for (int i = 0; i < rounds; ++i) {
            REQUIRE(rig.driver.create_2d(1, all.size()) == Type::kOkNodata);
            REQUIRE(rig.driver.attach_backing(1, pages) == Type::kOkNodata);
            {
                const DescriptorLimit none{0};
                REQUIRE(rig.driver.transfer(1, all, 0) == Type::kErrOutOfMemory);
                REQUIRE(rig.driver.set_scanout(0, 1, all) == Type::kErrOutOfMemory);
            }
            REQUIRE(rig.driver.unref(1) == Type::kOkNodata);
        }
    };
    run(kSanitized ? 20 : 200);
    const size_t files = open_descriptors();
    const size_t heap = heap_bytes();
    constexpr int kMore = kSanitized ? 50 : 2000;
    run(kMore);
    CHECK(open_descriptors() == files);
    CHECK(heap_bytes() < heap + size_t{8} * kMore);
    CHECK(rig.device->stats().host_bytes == 0);
    CHECK(rig.device->stats().backing_entries == 0);
}

TEST_CASE("a guest that only makes mistakes doesn't fill the log") {
    GpuRig rig;
    set_log_level(LogLevel::kWarn);
    size_t lines = 0;
    set_log_sink([](void* count, LogLevel, std::string_view) { ++*static_cast<size_t*>(count); },
                 &lines);
    for (int i = 0; i < 1000; ++i) {
        CHECK(rig.driver.unref(9) == Type::kErrInvalidResourceId);
    }
    set_log_sink(nullptr, nullptr);
    CHECK(lines > 0);
    CHECK(lines <= 10);
}

}  // namespace
