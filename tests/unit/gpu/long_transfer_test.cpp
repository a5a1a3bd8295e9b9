// SPDX-License-Identifier: MIT
// Transfers that take longer than a turn of the loop may.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include "core/event_loop.h"
#include "core/log.h"
#include "gpu/gpu_device.h"
#include "support/direct_gpu_link.h"
#include "support/gpu_driver.h"
#include "support/memfd_exporter.h"
#include "support/passing_clock.h"
#include "support/recording_display.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using namespace std::chrono_literals;
using wire::Type;
using Token = GpuDriver::Token;

struct Rig {
    static constexpr Size kSize{4096, 2048};  // 32 pieces of 256 Ki pixels

    Rig() {
        set_log_level(LogLevel::kError);
        link.start(device);
        screen.emplace(driver.create(kSize, Pages::kContiguous));
        REQUIRE(driver.set_scanout(0, screen->id(), Rect::of(kSize)) == Type::kOkNodata);
    }
    Token post_transfer(const Rect& rect) {
        wire::TransferToHost2d command{};
        command.r = {rect.x, rect.y, rect.width, rect.height};
        command.offset = (uint64_t{rect.y} * kSize.width + rect.x) * 4;
        command.resource_id = screen->id();
        return driver.post(Type::kTransferToHost2d, command);
    }
    [[nodiscard]] uint64_t transferred() const { return device.stats().transferred_bytes; }

    PassingClock clock{1ms};
    EventLoop loop{clock};
    RecordingDisplay display{1};
    DirectGpuLink link{loop};
    MemfdExporter exporter;
    gpu::GpuDevice device{loop, display, link.memory(), {.exporter = &exporter}};
    GpuDriver driver{link};
    std::optional<GpuDriver::Screen> screen;
};

TEST_CASE("a long transfer is cut into turns of the loop, and answered at its end") {
    Rig rig;
    rig.screen->set(0, 0, 0x111111);
    rig.screen->set(4095, 2047, 0x222222);
    const Token transfer = rig.post_transfer(Rect::of(Rig::kSize));
    int turns = 0;
    for (uint64_t before = rig.transferred(); !rig.link.answered(transfer); ++turns) {
        REQUIRE(rig.loop.dispatch(Nanoseconds{0}));
        CHECK(rig.transferred() - before <= uint64_t{8} << 20);
        before = rig.transferred();
    }
    CHECK(turns >= 4);
    CHECK(rig.transferred() == Rig::kSize.area() * 4);
    CHECK(rig.display.pixel(0, 0, 0) == 0x111111);
    CHECK(rig.display.pixel(0, 4095, 2047) == 0x222222);
}

TEST_CASE("what is queued behind a long transfer is carried out and answered after it") {
    Rig rig;
    const Token transfer = rig.post_transfer(Rect::of(Rig::kSize));
    const Token flush = rig.driver.post_flush(rig.screen->id(), Rect::of(Rig::kSize));
    const Token edid = rig.driver.post(Type::kGetEdid, wire::GetEdid{});
    // The cursor's queue goes on.
    CHECK(rig.driver.move_cursor(0, {1, 1}) == Type::kOkNodata);
    CHECK_FALSE(rig.link.answered(transfer));
    while (!rig.link.answered(transfer)) {
        CHECK_FALSE(rig.link.answered(flush));
        CHECK_FALSE(rig.link.answered(edid));
        REQUIRE(rig.loop.dispatch(Nanoseconds{0}));
    }
    CHECK(rig.driver.answered(flush));
    CHECK(rig.driver.answered(edid));
}

TEST_CASE("a long transfer goes on as it was checked, whatever the guest makes of its request") {
    Rig rig;
    rig.screen->set(4095, 2047, 0x222222);
    const Token transfer = rig.post_transfer(Rect::of(Rig::kSize));
    REQUIRE(rig.loop.dispatch(Nanoseconds{0}));
    REQUIRE_FALSE(rig.link.answered(transfer));
    const auto memory = rig.link.memory_of(transfer);
    REQUIRE_FALSE(memory.empty());
    std::fill(memory.begin(), memory.end(), std::byte{0xff});
    const auto answer = GpuDriver::header_of(rig.driver.wait(transfer));
    CHECK(answer.type == static_cast<uint32_t>(Type::kOkNodata));
    CHECK(answer.flags == 0);
    CHECK(rig.transferred() == Rig::kSize.area() * 4);
    CHECK(rig.display.pixel(0, 4095, 2047) == 0x222222);
}

TEST_CASE("a reset in the middle of a long transfer ends it") {
    Rig rig;
    static_cast<void>(rig.post_transfer(Rect::of(Rig::kSize)));
    rig.loop.dispatch(Nanoseconds{0});
    const uint64_t before = rig.transferred();
    SUBCASE("of the device") {
        rig.link.restart();
    }
    SUBCASE("of the queue") {
        rig.link.restart_queue(wire::kControlQueue);
    }
    for (int i = 0; i < 10; ++i) {
        rig.loop.dispatch(Nanoseconds{0});
    }
    CHECK(rig.transferred() == before);
    CHECK(rig.driver.create_2d(90, {8, 8}) == Type::kOkNodata);
}

}  // namespace
