// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "rig.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

Type type_of(const std::vector<std::byte>& response) {
    return static_cast<Type>(GpuDriver::header_of(response).type);
}

TEST_CASE("what a guest draws and flushes is what the scanout shows") {
    for (const Pages pages : {Pages::kContiguous, Pages::kScattered}) {
        GpuRig rig;
        auto screen = rig.driver.show(0, {640, 480}, pages);
        screen.fill(0xff336699);
        screen.set(0, 0, 0x11);
        screen.set(639, 479, 0x22);
        CHECK(screen.flush() == Type::kOkNodata);
        CHECK(rig.display.pixel(0, 0, 0) == 0x11);
        CHECK(rig.display.pixel(0, 639, 479) == 0x22);
        CHECK(rig.display.pixel(0, 320, 240) == 0xff336699);
    }
}

TEST_CASE("a flush is answered when the presenter is done, other commands go on meanwhile") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    rig.display.hold_flushes(true);
    const auto flush = screen.post_flush(screen.all());
    CHECK_FALSE(rig.driver.answered(flush));
    CHECK(rig.device->stats().flushes_waiting == 1);

    // Out of order: these are behind it in the queue.
    CHECK(rig.driver.display_info().pmodes[0].enabled == 1);
    CHECK(rig.driver.create_2d(77, {16, 16}) == Type::kOkNodata);
    screen.fill(5);
    CHECK(screen.transfer() == Type::kOkNodata);
    CHECK_FALSE(rig.driver.answered(flush));

    const uint32_t interrupts = rig.link.interrupts(0);
    rig.display.answer();
    CHECK(rig.link.interrupts(0) == interrupts + 1);
    CHECK(type_of(rig.driver.wait(flush)) == Type::kOkNodata);
    CHECK(rig.device->stats().flushes_waiting == 0);
}

TEST_CASE("flushes are answered in the presenter's order, whatever theirs is") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    rig.display.hold_flushes(true);
    screen.fill({0, 0, 8, 8}, 1);
    const auto first = screen.post_flush({0, 0, 8, 8});
    screen.fill({8, 8, 8, 8}, 2);
    const auto second = screen.post_flush({8, 8, 8, 8});
    REQUIRE(rig.display.held() == 2);
    rig.display.answer(1);
    CHECK(rig.driver.answered(first));
    CHECK_FALSE(rig.driver.answered(second));
    rig.display.answer(1);
    CHECK(rig.driver.answered(second));
}

TEST_CASE("a resource on several scanouts is flushed to all of them and waits for all") {
    GpuRig rig{3};
    auto screen = rig.driver.show(0, {64, 64});
    REQUIRE(screen.show_on(2) == Type::kOkNodata);
    rig.display.hold_flushes(true);
    const auto flush = screen.post_flush(screen.all());
    CHECK(rig.display.held() == 2);
    rig.display.answer(1);
    CHECK_FALSE(rig.driver.answered(flush));
    rig.display.answer(1);
    CHECK(rig.driver.answered(flush));
}

TEST_CASE("a fence is repeated in the answer, also of a flush that is answered late") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    const auto plain = rig.driver.send(Type::kGetCapset, wire::GetCapset{});
    CHECK(plain.flags == 0);
    CHECK(plain.fence_id == 0);

    const auto error =
        rig.driver.fenced(0x1122334455667788, 9).send(Type::kGetCapset, wire::GetCapset{});
    CHECK(error.flags == wire::kFlagFence);
    CHECK(error.fence_id == 0x1122334455667788);
    CHECK(error.ctx_id == 9);

    rig.display.hold_flushes(true);
    const auto late = rig.driver.fenced(42).post_flush(screen.id(), screen.all());
    const auto next = rig.driver.fenced(43).post_flush(screen.id(), {0, 0, 1, 1});
    CHECK_FALSE(rig.driver.answered(late));
    // Nothing new in it, so no presenter holds it; but fences are answered in order.
    CHECK_FALSE(rig.driver.answered(next));
    rig.display.answer();
    CHECK(GpuDriver::header_of(rig.driver.wait(next)).fence_id == 43);
    const auto header = GpuDriver::header_of(rig.driver.wait(late));
    CHECK(header.flags == wire::kFlagFence);
    CHECK(header.fence_id == 42);
}

TEST_CASE("without a fence, what the fence fields held is not repeated") {
    GpuRig rig;
    wire::GetCapset command{};
    command.header.flags = 0xfffffffe;
    command.header.fence_id = 5;
    command.header.ctx_id = 6;
    const auto answer = rig.driver.send(Type::kGetCapset, command);
    CHECK(answer.flags == 0);
    CHECK(answer.fence_id == 0);
    CHECK(answer.ctx_id == 0);
}

TEST_CASE("a guest that claims the whole screen for 64x64 pixels gets their damage") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {1024, 768});
    screen.fill(0x808080);
    REQUIRE(screen.flush() == Type::kOkNodata);
    rig.display.forget_calls();
    screen.fill({512, 256, 64, 64}, 0xff0000);
    CHECK(screen.flush() == Type::kOkNodata);
    REQUIRE(rig.display.count(Kind::kFlush) == 1);
    CHECK(rig.display.last(Kind::kFlush).damage == Region{Rect{512, 256, 64, 64}});
}

TEST_CASE("a small rectangle is believed") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {1024, 768});
    REQUIRE(screen.flush() == Type::kOkNodata);
    rig.display.forget_calls();
    CHECK(screen.flush({10, 20, 30, 40}) == Type::kOkNodata);
    CHECK(rig.display.last(Kind::kFlush).damage == Region{Rect{10, 20, 30, 40}});
}

TEST_CASE("a flush that changes nothing is answered without the presenter") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {640, 480});
    screen.fill(0x444444);
    REQUIRE(screen.flush() == Type::kOkNodata);
    rig.display.forget_calls();
    rig.display.hold_flushes(true);
    CHECK(screen.flush() == Type::kOkNodata);
    CHECK(rig.display.calls().empty());
    CHECK(rig.device->stats().flushes_without_damage == 1);
    CHECK(rig.device->stats().command(Type::kResourceFlush) == 2);
}

TEST_CASE("the first flush after a scanout is set reaches the presenter with all of it") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {640, 480});
    CHECK(rig.driver.flush(screen.id(), {1, 1, 2, 2}) == Type::kOkNodata);
    REQUIRE(rig.display.count(Kind::kFlush) == 1);
    CHECK(rig.display.last(Kind::kFlush).damage == Region{screen.all()});

    // A page flip to an unchanged picture is a new picture.
    auto other = rig.driver.create({640, 480});
    REQUIRE(other.show_on(0) == Type::kOkNodata);
    CHECK(other.flush() == Type::kOkNodata);
    REQUIRE(screen.show_on(0) == Type::kOkNodata);
    rig.display.forget_calls();
    CHECK(screen.flush() == Type::kOkNodata);
    REQUIRE(rig.display.count(Kind::kFlush) == 1);
    CHECK(rig.display.last(Kind::kFlush).damage == Region{screen.all()});
}

TEST_CASE("damage is that inside the scanout's part of the resource, in the resource's pixels") {
    GpuRig rig{2};
    auto screen = rig.driver.create({200, 100});
    REQUIRE(rig.driver.set_scanout(0, screen.id(), {0, 0, 100, 100}) == Type::kOkNodata);
    REQUIRE(rig.driver.set_scanout(1, screen.id(), {100, 0, 100, 100}) == Type::kOkNodata);
    REQUIRE(screen.flush() == Type::kOkNodata);
    CHECK(rig.display.count(Kind::kFlush) == 2);
    CHECK(rig.display.last(Kind::kFlush).damage == Region{Rect{100, 0, 100, 100}});

    rig.display.forget_calls();
    screen.fill({90, 10, 20, 5}, 7);
    CHECK(screen.flush({90, 10, 20, 5}) == Type::kOkNodata);
    REQUIRE(rig.display.calls().size() == 2);
    CHECK(rig.display.calls()[0].damage == Region{Rect{90, 10, 10, 5}});
    CHECK(rig.display.calls()[1].damage == Region{Rect{100, 10, 10, 5}});

    rig.display.forget_calls();
    screen.fill({150, 50, 5, 5}, 8);
    CHECK(screen.flush({150, 50, 5, 5}) == Type::kOkNodata);
    REQUIRE(rig.display.calls().size() == 1);
    CHECK(rig.display.calls()[0].scanout == 1);
}

TEST_CASE("only what lies in the flushed rectangle is shown, the rest stays due") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {640, 480});
    REQUIRE(screen.flush() == Type::kOkNodata);
    rig.display.forget_calls();
    REQUIRE(screen.transfer({0, 0, 10, 10}) == Type::kOkNodata);
    CHECK(rig.driver.flush(screen.id(), {0, 0, 4, 4}) == Type::kOkNodata);
    CHECK(rig.display.last(Kind::kFlush).damage == Region{Rect{0, 0, 4, 4}});
    CHECK(rig.driver.flush(screen.id(), screen.all()) == Type::kOkNodata);
    Region rest{Rect{0, 0, 10, 10}};
    rest.subtract(Region{Rect{0, 0, 4, 4}});
    CHECK(rig.display.last(Kind::kFlush).damage == rest);
}

TEST_CASE("a flush that waits survives what happens to its resource") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    rig.display.hold_flushes(true);
    const auto flush = screen.post_flush(screen.all());
    REQUIRE(rig.driver.detach_backing(screen.id()) == Type::kOkNodata);
    REQUIRE(rig.driver.unref(screen.id()) == Type::kOkNodata);
    CHECK_FALSE(rig.driver.answered(flush));
    rig.display.answer();
    CHECK(rig.driver.answered(flush));
}

TEST_CASE("a reset forgets the flushes that wait: late presenters do no harm") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    rig.display.hold_flushes(true);
    static_cast<void>(screen.post_flush(screen.all()));
    REQUIRE(rig.display.held() == 1);

    SUBCASE("device reset") {
        rig.link.restart();
        CHECK(rig.display.attached(0) == nullptr);
        CHECK(rig.device->stats().resources == 0);
        CHECK(rig.device->stats().host_bytes == 0);
        CHECK(rig.device->stats().backing_entries == 0);
    }
    SUBCASE("queue reset") {
        rig.link.restart_queue(0);
    }
    CHECK(rig.device->stats().flushes_waiting == 0);

    // The new life of the queue has a request at the same place.
    auto again = rig.driver.show(0, {32, 32});
    const auto flush = again.post_flush(again.all());
    const uint32_t interrupts = rig.link.interrupts(0);
    rig.display.answer(1);
    CHECK_FALSE(rig.driver.answered(flush));
    CHECK(rig.device->stats().flushes_waiting == 1);
    CHECK(rig.link.interrupts(0) == interrupts);
    rig.display.answer(1);
    CHECK(rig.driver.answered(flush));
    CHECK(rig.device->stats().flushes_waiting == 0);
}

TEST_CASE("a presenter may answer after the device is gone") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    rig.display.hold_flushes(true);
    static_cast<void>(screen.post_flush(screen.all()));
    REQUIRE(rig.driver.move_cursor(0, {1, 1}) == Type::kOkNodata);
    rig.device.reset();
    rig.display.answer();
    rig.turn();
    CHECK(rig.display.count(Kind::kMoveCursor) == 0);
}

TEST_CASE("a presenter that goes away answers the flushes it holds") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    rig.display.hold_flushes(true);
    const auto flush = screen.post_flush(screen.all());
    rig.display.drop_held();
    CHECK(rig.driver.answered(flush));
    rig.link.restart();
    CHECK(rig.driver.create_2d(1, {16, 16}) == Type::kOkNodata);
}

TEST_CASE("several commands in one kick are all carried out, with one interrupt") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {64, 64});
    auto other = rig.driver.create({64, 64});
    const uint32_t interrupts = rig.link.interrupts(0);
    rig.link.set_kicking(false);
    // As Linux flips pages.
    const auto transfer = rig.driver.post(
        Type::kTransferToHost2d, wire::TransferToHost2d{{}, {0, 0, 64, 64}, 0, other.id(), 0});
    const auto set =
        rig.driver.post(Type::kSetScanout, wire::SetScanout{{}, {0, 0, 64, 64}, 0, other.id()});
    const auto flush = rig.driver.post_flush(other.id(), other.all());
    rig.link.kick(0);
    CHECK(rig.driver.answered(transfer));
    CHECK(rig.driver.answered(set));
    CHECK(rig.driver.answered(flush));
    CHECK(rig.link.interrupts(0) == interrupts + 1);
}

/// A flush that waits, and what Linux queues before it, in one kick.
struct FrameRig : GpuRig {
    FrameRig() : screen{driver.show(0, {64, 64})} { display.hold_flushes(true); }

    GpuDriver::Token post_transfer() {
        return driver.post(Type::kTransferToHost2d,
                           wire::TransferToHost2d{{}, {0, 0, 64, 64}, 0, screen.id(), 0});
    }
    /// How many interrupts the kick brings at once.
    uint32_t kick() {
        const uint32_t before = link.interrupts(0);
        link.kick(0);
        return link.interrupts(0) - before;
    }

    GpuDriver::Screen screen;
};

TEST_CASE("a frame is one interrupt: of its transfer the driver is told with its flush") {
    FrameRig rig;
    rig.link.set_kicking(false);
    const auto transfer = rig.post_transfer();
    const auto flush = rig.driver.post_flush(rig.screen.id(), rig.screen.all());
    CHECK(rig.kick() == 0);
    // In the ring, for a driver that looks by itself.
    CHECK(rig.driver.answered(transfer));
    CHECK_FALSE(rig.driver.answered(flush));

    const uint32_t interrupts = rig.link.interrupts(0);
    rig.display.answer();
    CHECK(rig.driver.answered(flush));
    CHECK(rig.link.interrupts(0) == interrupts + 1);
}

TEST_CASE("a driver that may be waiting for a transfer is told of it at once") {
    FrameRig rig;
    rig.link.set_kicking(false);
    SUBCASE("its flush comes later") {
        static_cast<void>(rig.post_transfer());
        CHECK(rig.kick() == 1);
    }
    SUBCASE("an older flush is the one that waits") {
        static_cast<void>(rig.driver.post_flush(rig.screen.id(), rig.screen.all()));
        CHECK(rig.kick() == 0);
        static_cast<void>(rig.post_transfer());
        CHECK(rig.kick() == 1);
    }
    SUBCASE("it has a fence") {
        rig.driver.fenced(7);
        static_cast<void>(rig.post_transfer());
        static_cast<void>(rig.driver.post_flush(rig.screen.id(), rig.screen.all()));
        CHECK(rig.kick() == 1);
    }
    SUBCASE("another command is answered with it") {
        static_cast<void>(rig.post_transfer());
        static_cast<void>(rig.driver.post(
            Type::kSetScanout, wire::SetScanout{{}, {0, 0, 64, 64}, 0, rig.screen.id()}));
        static_cast<void>(rig.driver.post_flush(rig.screen.id(), rig.screen.all()));
        CHECK(rig.kick() == 1);
    }
    SUBCASE("its queue may be full") {
        for (int i = 0; i < 16; ++i) {
            static_cast<void>(rig.post_transfer());
        }
        static_cast<void>(rig.driver.post_flush(rig.screen.id(), rig.screen.all()));
        CHECK(rig.kick() == 1);
    }
}

TEST_CASE("a broken ring makes the device need a reset, and nothing worse") {
    GpuRig rig;
    rig.link.offer_head(0, 9999);
    rig.link.kick(0);
    CHECK(rig.link.needs_reset());
    CHECK(rig.link.ring_errors() == 1);
    rig.link.kick(0);
    CHECK(rig.link.ring_errors() == 1);
    rig.link.restart();
    CHECK(rig.driver.create_2d(1, {16, 16}) == Type::kOkNodata);
}

TEST_CASE("commands in pieces of any length, with any room for the answer, are answered") {
    GpuRig rig;
    for (const uint32_t piece : {1U, 3U, 23U, 24U, 25U, 4096U}) {
        rig.link.split_requests(piece);
        const auto info = rig.driver.display_info();
        CHECK(info.pmodes[0].enabled == 1);
    }
    const wire::GetEdid get{};
    for (const uint32_t room : {0U, 1U, 23U, 24U, 100U, 1056U, 4096U}) {
        auto bytes = std::vector<std::byte>(sizeof get);
        bytes[0] = std::byte{0x0a};
        bytes[1] = std::byte{0x01};
        CHECK(rig.driver.raw(bytes, room).size() == std::min(room, 1056U));
    }
}

TEST_CASE("a request without a header's worth of bytes is ERR_UNSPEC") {
    GpuRig rig;
    for (size_t length = 0; length < sizeof(wire::Header); ++length) {
        const std::vector<std::byte> bytes(length, std::byte{1});
        CHECK(type_of(rig.driver.raw(bytes)) == Type::kErrUnspec);
    }
}

}  // namespace
