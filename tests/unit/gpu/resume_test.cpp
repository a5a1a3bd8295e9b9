// SPDX-License-Identifier: MIT
// A device goes on with what another process has left.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "core/state_record.h"
#include "rig.h"
#include "state_keeper.h"
#include "support/blob_screen.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using gpu::StateKeeper;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

/// A process that keeps its state, and one that goes on with it, with the same guest.
struct TwoProcesses {
    TwoProcesses() {
        REQUIRE(record);
        rig.device->keep(&*record);
    }
    void next() {
        other.emplace(rig.loop, display, rig.link.memory(),
                      gpu::GpuDevice::Options{.exporter = &rig.exporter});
        rig.link.start(*other);
        other->resume(*record);
        other->keep(&*record);
        rig.turn();
    }

    GpuRig rig{2};
    Result<StateRecord> record = StateRecord::create();
    RecordingDisplay display{2};
    std::optional<gpu::GpuDevice> other;
};

size_t kept(const StateRecord& record) {
    size_t count = 0;
    for (const uint32_t kind : {StateKeeper::kResource, StateKeeper::kBacking,
                                StateKeeper::kScanout, StateKeeper::kCursor}) {
        record.for_each(kind, [&](uint64_t, std::span<const std::byte>) { ++count; });
    }
    return count;
}

TEST_CASE("the next process shows the same pictures and cursor, from the guest's memory") {
    TwoProcesses two;
    GpuDriver& driver = two.rig.driver;
    auto screen = driver.show(0, {64, 48});
    screen.fill(0xff336699);
    screen.flush();
    BlobScreen blob{driver, {32, 16}};
    blob.fill(0xff010203);
    REQUIRE(blob.show_on(1) == Type::kOkNodata);
    REQUIRE(blob.flush() == Type::kOkNodata);
    BlobScreen cursor{driver, {64, 64}};
    cursor.fill(0xff405060);
    REQUIRE(driver.update_cursor(0, cursor.id(), {10, -5}, {3, 4}) == Type::kOkNodata);
    auto gone = driver.create({16, 16});
    REQUIRE(driver.unref(gone.id()) == Type::kOkNodata);

    two.next();
    CHECK(two.other->stats().resources == 3);
    CHECK(two.other->stats().blobs == 2);
    REQUIRE(two.display.attached(0) != nullptr);
    CHECK(two.display.attached(0)->size() == Size{64, 48});
    CHECK(two.display.pixel(0, 63, 47) == 0xff336699);
    REQUIRE(two.display.attached(1) != nullptr);
    CHECK(two.display.pixel(1, 31, 15) == 0xff010203);
    const auto image = two.display.last(Kind::kSetCursor).cursor;
    REQUIRE(image != nullptr);
    CHECK(image->pixels[0] == 0xff405060);
    CHECK(image->hotspot == Point{3, 4});
    CHECK(two.display.last(Kind::kMoveCursor).position == Point{13, -1});
    // The driver asks about the screens again, which may be others.
    CHECK((driver.config().events_read & wire::kEventDisplay) != 0);

    // What it shows from now on is kept, too, and what goes is not.
    screen.fill(0xff112233);
    screen.flush();
    CHECK(two.display.pixel(0, 0, 0) == 0xff112233);
    REQUIRE(driver.unref(blob.id()) == Type::kOkNodata);
    two.next();
    CHECK(two.display.pixel(0, 0, 0) == 0xff112233);
    CHECK(two.other->stats().resources == 2);
}

TEST_CASE("what is kept of the card is what there is, not what was") {
    TwoProcesses two;
    GpuDriver& driver = two.rig.driver;
    for (int i = 0; i < 50; ++i) {
        auto screen = driver.show(0, {64, 48});
        screen.flush();
        REQUIRE(driver.move_cursor(0, {i, i}) == Type::kOkNodata);
        REQUIRE(driver.set_scanout(0, 0, {}) == Type::kOkNodata);
        REQUIRE(driver.detach_backing(screen.id()) == Type::kOkNodata);
        REQUIRE(driver.unref(screen.id()) == Type::kOkNodata);
    }
    CHECK(kept(*two.record) == 0);
    auto screen = driver.show(0, {64, 48});
    CHECK(kept(*two.record) == 3);
    two.rig.device->reset();
    CHECK(kept(*two.record) == 0);
}

TEST_CASE("what a record has that no guest could have done is left out") {
    TwoProcesses two;
    auto screen = two.rig.driver.show(0, {64, 48});
    screen.fill(0xff336699);
    screen.flush();
    const auto bytes =
        std::as_bytes(std::span{"not a command, but as long as one would be, or longer"});
    for (uint64_t id = 100; id < 110; ++id) {
        for (const uint32_t kind : {StateKeeper::kResource, StateKeeper::kBacking,
                                    StateKeeper::kScanout, StateKeeper::kCursor}) {
            two.record->put({kind, id}, bytes.first(id % 2 == 0 ? bytes.size() : 7));
        }
    }
    wire::ResourceCreate2d huge{};
    huge.header.type = static_cast<uint32_t>(Type::kResourceCreate2d);
    huge.resource_id = 7;
    huge.format = 1;
    huge.width = huge.height = UINT32_MAX;
    two.record->put({StateKeeper::kResource, 7}, bytes_of(huge));
    two.next();
    CHECK(two.other->stats().resources == 1);
    CHECK(two.display.pixel(0, 0, 0) == 0xff336699);
}

}  // namespace
