// SPDX-License-Identifier: MIT
#include "cursor.h"

#include <doctest/doctest.h>

#include "rig.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

TEST_CASE("a cursor is shown with its image, at its hot spot") {
    GpuRig rig;
    auto cursor = rig.driver.create({64, 64});
    cursor.fill(0x80402010);
    cursor.set(3, 2, 0xffffffff);
    REQUIRE(cursor.transfer() == Type::kOkNodata);
    CHECK(rig.driver.update_cursor(0, cursor.id(), {100, 200}, {3, 2}) == Type::kOkNodata);
    rig.turn();
    REQUIRE(rig.display.calls().size() == 2);
    CHECK(rig.display.calls()[0].kind == Kind::kSetCursor);
    const auto image = rig.display.calls()[0].cursor;
    REQUIRE(image != nullptr);
    CHECK(image->size == Size{64, 64});
    CHECK(image->hotspot == Point{3, 2});
    CHECK(image->pixels[0] == 0x80402010);
    CHECK(image->pixels[2 * 64 + 3] == 0xffffffff);
    CHECK(rig.display.calls()[1].kind == Kind::kMoveCursor);
    CHECK(rig.display.calls()[1].position == Point{103, 202});
}

TEST_CASE("thousands of moves in one turn are one move for the presenter") {
    GpuRig rig{2};
    for (int32_t i = 0; i < 5000; ++i) {
        REQUIRE(rig.driver.move_cursor(0, {i, -i}) == Type::kOkNodata);
    }
    REQUIRE(rig.driver.move_cursor(1, {7, 8}) == Type::kOkNodata);
    // Waiting for an answer lets the loop turn only if it has to: none of these had to.
    rig.turn();
    REQUIRE(rig.display.calls().size() == 2);
    CHECK(rig.display.calls()[0].position == Point{4999, -4999});
    CHECK(rig.display.calls()[1].scanout == 1);
    rig.turn();
    CHECK(rig.display.calls().size() == 2);
    CHECK(rig.device->stats().command(Type::kMoveCursor) == 5001);
    CHECK(rig.device->stats().cursor_updates == 2);
}

TEST_CASE("the image is that of the command, not of the moment it is shown") {
    GpuRig rig;
    auto cursor = rig.driver.create({64, 64});
    cursor.fill(0xff000001);
    REQUIRE(cursor.transfer() == Type::kOkNodata);
    REQUIRE(rig.driver.update_cursor(0, cursor.id(), {}) == Type::kOkNodata);
    cursor.fill(0xff000002);
    REQUIRE(cursor.transfer() == Type::kOkNodata);
    REQUIRE(rig.driver.unref(cursor.id()) == Type::kOkNodata);
    rig.turn();
    CHECK(rig.display.last(Kind::kSetCursor).cursor->pixels[0] == 0xff000001);
}

TEST_CASE("the same image again only moves, a changed one is set anew") {
    GpuRig rig;
    auto cursor = rig.driver.create({64, 64});
    REQUIRE(cursor.transfer() == Type::kOkNodata);
    for (int32_t i = 0; i < 3; ++i) {
        REQUIRE(rig.driver.update_cursor(0, cursor.id(), {i, i}) == Type::kOkNodata);
        rig.turn();
    }
    CHECK(rig.display.count(Kind::kSetCursor) == 1);
    CHECK(rig.display.count(Kind::kMoveCursor) == 3);
    cursor.set(1, 1, 0xff00ff00);
    REQUIRE(cursor.transfer() == Type::kOkNodata);
    REQUIRE(rig.driver.update_cursor(0, cursor.id(), {}) == Type::kOkNodata);
    rig.turn();
    CHECK(rig.display.count(Kind::kSetCursor) == 2);
    REQUIRE(rig.driver.update_cursor(0, cursor.id(), {}, {1, 1}) == Type::kOkNodata);
    rig.turn();
    CHECK(rig.display.count(Kind::kSetCursor) == 3);
}

TEST_CASE("resource 0 hides the cursor") {
    GpuRig rig;
    auto cursor = rig.driver.create({64, 64});
    REQUIRE(rig.driver.update_cursor(0, cursor.id(), {}) == Type::kOkNodata);
    rig.turn();
    REQUIRE(rig.driver.update_cursor(0, 0, {}) == Type::kOkNodata);
    rig.turn();
    CHECK(rig.display.count(Kind::kSetCursor) == 2);
    CHECK(rig.display.last(Kind::kSetCursor).cursor == nullptr);
}

TEST_CASE("colours above their alpha are not premultiplied, so they are multiplied here") {
    GpuRig rig;
    auto cursor = rig.driver.create({64, 64});
    cursor.fill(0x80ff8000);
    REQUIRE(cursor.transfer() == Type::kOkNodata);
    REQUIRE(rig.driver.update_cursor(0, cursor.id(), {}) == Type::kOkNodata);
    rig.turn();
    CHECK(rig.display.last(Kind::kSetCursor).cursor->pixels[0] == 0x80804000);
}

TEST_CASE("a cursor that was never transferred is transparent") {
    GpuRig rig;
    auto cursor = rig.driver.create({64, 64});
    REQUIRE(rig.driver.update_cursor(0, cursor.id(), {}) == Type::kOkNodata);
    rig.turn();
    CHECK(rig.display.last(Kind::kSetCursor).cursor->pixels == std::vector<uint32_t>(64 * 64));
}

TEST_CASE("positions and hot spots at the ends of their range stay positions") {
    GpuRig rig;
    auto cursor = rig.driver.create({64, 64});
    REQUIRE(rig.driver.update_cursor(0, cursor.id(), {INT32_MAX, INT32_MIN},
                                     {INT32_MAX, INT32_MIN}) == Type::kOkNodata);
    rig.turn();
    CHECK(rig.display.last(Kind::kMoveCursor).position == Point{INT32_MAX, INT32_MIN});
}

TEST_CASE("an image too large for a cursor is ERR_INVALID_PARAMETER") {
    GpuRig rig;
    REQUIRE(rig.driver.create_2d(1, {257, 64}) == Type::kOkNodata);
    CHECK(rig.driver.update_cursor(0, 1, {}) == Type::kErrInvalidParameter);
    rig.turn();
    CHECK(rig.display.calls().empty());
}

TEST_CASE("cursor commands need no room for an answer") {
    GpuRig rig;
    wire::UpdateCursor move{};
    move.header.type = static_cast<uint32_t>(Type::kMoveCursor);
    const auto answer = rig.driver.raw(bytes_of(move), 0, wire::kCursorQueue);
    CHECK(answer.empty());
    rig.turn();
    CHECK(rig.display.count(Kind::kMoveCursor) == 1);
}

TEST_CASE("a reset hides the cursor and forgets what was about to be shown") {
    GpuRig rig;
    auto cursor = rig.driver.create({64, 64});
    REQUIRE(rig.driver.update_cursor(0, cursor.id(), {}) == Type::kOkNodata);
    rig.turn();
    REQUIRE(rig.driver.move_cursor(0, {5, 5}) == Type::kOkNodata);
    rig.display.forget_calls();
    rig.link.restart();
    rig.turn();
    REQUIRE(rig.display.calls().size() == 1);
    CHECK(rig.display.calls()[0].kind == Kind::kSetCursor);
    CHECK(rig.display.calls()[0].cursor == nullptr);
    REQUIRE(rig.driver.move_cursor(0, {6, 6}) == Type::kOkNodata);
    rig.turn();
    CHECK(rig.display.last(Kind::kMoveCursor).position == Point{6, 6});
}

TEST_CASE("a cursor that was to be told when the device ended is told to nobody (C5)") {
    GpuRig rig;
    REQUIRE(rig.driver.move_cursor(0, {1, 2}) == Type::kOkNodata);
    rig.device.reset();
    rig.turn();
    CHECK(rig.display.count(Kind::kMoveCursor) == 0);
}

}  // namespace
