// SPDX-License-Identifier: MIT
// A guest that writes to a request after the device has taken it: what was checked is what is used.
#include <doctest/doctest.h>

#include <algorithm>

#include "rig.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;

constexpr Size kSize{64, 64};

/// The descriptors, the room for the answer and the request itself.
void overwrite(GpuRig& rig, GpuDriver::Token token, std::byte with) {
    const auto memory = rig.link.memory_of(token);
    REQUIRE(memory.size() > sizeof(wire::Header));
    std::fill(memory.begin(), memory.end(), with);
}

TEST_CASE("what a guest makes of a flush that waits changes nothing") {
    for (const auto with : {std::byte{0}, std::byte{0xff}}) {
        GpuRig rig;
        auto screen = rig.driver.show(0, kSize);
        rig.display.hold_flushes(true);
        screen.fill(0x123456);
        REQUIRE(screen.transfer() == Type::kOkNodata);
        const auto flush = rig.driver.fenced(77, 5).post_flush(screen.id(), screen.all());
        REQUIRE_FALSE(rig.driver.answered(flush));
        overwrite(rig, flush, with);
        rig.display.answer();
        const wire::Header answer = GpuDriver::header_of(rig.driver.wait(flush));
        CHECK(answer.type == static_cast<uint32_t>(Type::kOkNodata));
        CHECK(answer.flags == wire::kFlagFence);
        CHECK(answer.fence_id == 77);
        CHECK(answer.ctx_id == 5);
        CHECK_FALSE(rig.link.needs_reset());
    }
}

TEST_CASE("what a guest makes of updates that are held back changes nothing") {
    GpuRig rig;
    auto screen = rig.driver.show(0, kSize);
    auto other = rig.driver.create(kSize);
    REQUIRE(screen.flush() == Type::kOkNodata);
    rig.display.set_frame_pending(0, true);
    screen.fill(0xabcdef);
    const auto transfer = rig.driver.fenced(8).post(
        Type::kTransferToHost2d, wire::TransferToHost2d{{}, {0, 0, 64, 64}, 0, screen.id(), 0});
    const auto flush = rig.driver.fenced(9).post_flush(screen.id(), screen.all());
    REQUIRE_FALSE(rig.driver.answered(transfer));
    REQUIRE(rig.device->stats().updates_held == 2);
    // As commands of another resource they would be right.
    const auto memory = rig.link.memory_of(transfer);
    const wire::TransferToHost2d other_one{
        {static_cast<uint32_t>(Type::kTransferToHost2d), 0, 0, 0, 0, {}},
        {0, 0, 1, 1},
        0,
        other.id(),
        0};
    const auto aimed = bytes_of(other_one);
    std::copy(aimed.begin(), aimed.end(), memory.last(aimed.size()).begin());
    overwrite(rig, flush, std::byte{0xff});
    rig.display.set_frame_pending(0, false);
    rig.device->catch_up();
    CHECK(GpuDriver::header_of(rig.driver.wait(transfer)).fence_id == 8);
    CHECK(GpuDriver::header_of(rig.driver.wait(flush)).fence_id == 9);
    CHECK(rig.display.pixel(0, 63, 63) == 0xabcdef);
    CHECK_FALSE(rig.link.needs_reset());
}

}  // namespace
