// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "rig.h"
#include "support/blob_screen.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

constexpr Size kCursor{64, 64};

TEST_CASE("a cursor in a blob is 64x64, and what the guest has drawn by then") {
    GpuRig rig;
    for (const Pages pages : {Pages::kContiguous, Pages::kScattered}) {
        BlobScreen cursor{rig.driver, kCursor, {.pages = pages}};
        cursor.fill(0xff102030);
        cursor.set(63, 63, 0xff405060);
        REQUIRE(cursor.transfer() == Type::kOkNodata);
        CHECK(rig.driver.update_cursor(0, cursor.id(), {100, 200}, {5, 6}) == Type::kOkNodata);
        rig.turn();
        const auto image = rig.display.last(Kind::kSetCursor).cursor;
        REQUIRE(image != nullptr);
        CHECK(image->size == kCursor);
        CHECK(image->hotspot == Point{5, 6});
        CHECK(image->pixels[0] == 0xff102030);
        CHECK(image->pixels[64 * 64 - 1] == 0xff405060);
        CHECK(rig.display.last(Kind::kMoveCursor).position == Point{105, 206});
        // Drawn to again, with and without the transfer that Linux sends.
        cursor.set(0, 0, 0xffaabbcc);
        REQUIRE(rig.driver.update_cursor(0, cursor.id(), {100, 200}, {5, 6}) == Type::kOkNodata);
        cursor.set(0, 0, 0xff000000);  // too late for this one
        rig.turn();
        CHECK(rig.display.last(Kind::kSetCursor).cursor->pixels[0] == 0xffaabbcc);
    }
    CHECK(rig.device->stats().host_bytes == 0);
}

TEST_CASE("an image that hasn't changed only moves") {
    GpuRig rig;
    BlobScreen cursor{rig.driver, kCursor};
    cursor.fill(0x80402010);
    for (int32_t i = 0; i < 5; ++i) {
        REQUIRE(cursor.transfer() == Type::kOkNodata);
        REQUIRE(rig.driver.update_cursor(0, cursor.id(), {i, i}) == Type::kOkNodata);
        rig.turn();
    }
    CHECK(rig.display.count(Kind::kSetCursor) == 1);
    CHECK(rig.display.count(Kind::kMoveCursor) == 5);
}

TEST_CASE("a blob that is too small for a cursor, or can't be read, changes nothing") {
    GpuRig rig;
    BlobScreen good{rig.driver, kCursor};
    good.fill(0xff112233);
    REQUIRE(rig.driver.update_cursor(0, good.id(), {1, 2}) == Type::kOkNodata);
    rig.turn();
    rig.display.forget_calls();

    BlobScreen small{rig.driver, {64, 48}};
    CHECK(rig.driver.update_cursor(0, small.id(), {50, 50}) == Type::kErrInvalidParameter);
    BlobScreen detached{rig.driver, kCursor};
    REQUIRE(rig.driver.detach_backing(detached.id()) == Type::kOkNodata);
    CHECK(rig.driver.update_cursor(0, detached.id(), {50, 50}) == Type::kErrInvalidParameter);
    rig.turn();
    CHECK(rig.display.calls().empty());
    // A larger blob is fine: the image is at its start.
    BlobScreen large{rig.driver, {64, 128}};
    large.fill(0xff445566);
    CHECK(rig.driver.update_cursor(0, large.id(), {3, 4}) == Type::kOkNodata);
    rig.turn();
    CHECK(rig.display.last(Kind::kSetCursor).cursor->size == kCursor);
}

TEST_CASE("the cursor stays when its blob is destroyed, as with a 2D resource") {
    GpuRig rig;
    BlobScreen cursor{rig.driver, kCursor};
    cursor.fill(0xff112233);
    REQUIRE(rig.driver.update_cursor(0, cursor.id(), {}) == Type::kOkNodata);
    REQUIRE(cursor.unref() == Type::kOkNodata);
    rig.turn();
    CHECK(rig.display.last(Kind::kSetCursor).cursor->pixels[5] == 0xff112233);
    REQUIRE(rig.driver.update_cursor(0, 0, {}) == Type::kOkNodata);
    rig.turn();
    CHECK(rig.display.last(Kind::kSetCursor).cursor == nullptr);
}

}  // namespace
