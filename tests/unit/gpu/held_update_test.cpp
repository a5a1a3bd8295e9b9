// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <vector>

#include "rig.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using namespace std::chrono_literals;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;
using Token = GpuDriver::Token;

/// A guest that draws while its frame before is on the way to the screen.
struct BusyRig : GpuRig {
    explicit BusyRig(uint32_t screens = 1)
        : GpuRig{screens}, screen{driver.show(0, {640, 480}, Pages::kContiguous)} {
        screen.fill(0x101010);
        REQUIRE(screen.flush() == Type::kOkNodata);
        display.forget_calls();
        display.set_frame_pending(0, true);
    }

    Token post_transfer(const Rect& rect) {
        return post_transfer(screen, rect, (uint64_t{rect.y} * screen.size().width + rect.x) * 4);
    }
    Token post_transfer(const GpuDriver::Screen& target, const Rect& rect, uint64_t offset) {
        wire::TransferToHost2d transfer{};
        transfer.r = {rect.x, rect.y, rect.width, rect.height};
        transfer.offset = offset;
        transfer.resource_id = target.id();
        return driver.post(Type::kTransferToHost2d, transfer);
    }
    Token post_flush(const Rect& rect) { return driver.post_flush(screen.id(), rect); }
    void frame_done() {
        display.set_frame_pending(0, false);
        device->catch_up();
    }
    Type type_of(Token token) {
        return static_cast<Type>(GpuDriver::header_of(driver.wait(token)).type);
    }
    [[nodiscard]] uint64_t transferred() const { return device->stats().transferred_bytes; }

    GpuDriver::Screen screen;
};

TEST_CASE("updates while a frame is on its way are held, and carried out at its frame callback") {
    BusyRig rig;
    const uint64_t before = rig.transferred();
    rig.screen.fill({0, 0, 64, 64}, 1);
    const auto transfer = rig.post_transfer({0, 0, 64, 64});
    const auto flush = rig.post_flush({0, 0, 64, 64});
    CHECK_FALSE(rig.driver.answered(transfer));
    CHECK_FALSE(rig.driver.answered(flush));
    CHECK(rig.display.count(Kind::kFlush) == 0);
    CHECK(rig.transferred() == before);
    CHECK(rig.device->stats().updates_held == 2);

    // What the guest has drawn since is in the frame too.
    rig.screen.fill({0, 0, 64, 64}, 2);
    const uint32_t interrupts = rig.link.interrupts(0);
    rig.frame_done();
    CHECK(rig.link.interrupts(0) == interrupts + 1);
    CHECK(rig.type_of(transfer) == Type::kOkNodata);
    CHECK(rig.type_of(flush) == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 63, 63) == 2);
    CHECK(rig.display.last(Kind::kFlush).damage == Region{Rect{0, 0, 64, 64}});
    CHECK(rig.transferred() == before + 64 * 64 * 4);
    CHECK(rig.device->stats().updates_held == 0);
}

TEST_CASE("held updates are one flush, and each of their pixels is copied once") {
    BusyRig rig;
    const uint64_t before = rig.transferred();
    std::vector<Token> tokens;
    for (const Rect rect : {Rect{0, 0, 20, 10}, Rect{10, 0, 20, 10}, Rect{0, 0, 20, 10}}) {
        rig.screen.fill(rect, 7);
        tokens.push_back(rig.post_transfer(rect));
        tokens.push_back(rig.post_flush(rect));
    }
    rig.frame_done();
    for (const Token token : tokens) {
        CHECK(rig.type_of(token) == Type::kOkNodata);
    }
    CHECK(rig.display.count(Kind::kFlush) == 1);
    CHECK(rig.display.last(Kind::kFlush).damage == Region{Rect{0, 0, 30, 10}});
    CHECK(rig.transferred() == before + 30 * 10 * 4);
    CHECK(rig.device->stats().flushes_merged == 2);
}

TEST_CASE("what is queued without a kick when the frame callback comes joins it") {
    BusyRig rig;
    rig.screen.fill({0, 0, 8, 8}, 1);
    const auto first = rig.post_transfer({0, 0, 8, 8});
    rig.link.set_kicking(false);
    rig.screen.fill({8, 0, 8, 8}, 2);
    const auto second = rig.post_transfer({8, 0, 8, 8});
    const auto flush = rig.post_flush({0, 0, 16, 8});
    rig.frame_done();
    for (const Token token : {first, second, flush}) {
        CHECK(rig.driver.answered(token));
    }
    CHECK(rig.display.count(Kind::kFlush) == 1);
    CHECK(rig.display.pixel(0, 8, 0) == 2);
}

TEST_CASE("any other command carries held updates out first, so all goes in order") {
    BusyRig rig;
    rig.screen.fill({0, 0, 8, 8}, 5);
    const auto transfer = rig.driver.fenced(1).post(
        Type::kTransferToHost2d, wire::TransferToHost2d{.header = {},
                                                        .r = {0, 0, 8, 8},
                                                        .offset = 0,
                                                        .resource_id = rig.screen.id(),
                                                        .padding = 0});
    CHECK_FALSE(rig.driver.answered(transfer));
    SUBCASE("detach") {
        CHECK(rig.driver.detach_backing(rig.screen.id()) == Type::kOkNodata);
    }
    SUBCASE("unref") {
        CHECK(rig.driver.unref(rig.screen.id()) == Type::kOkNodata);
    }
    SUBCASE("set_scanout") {
        CHECK(rig.screen.show_on(0) == Type::kOkNodata);
    }
    SUBCASE("one that changes nothing") {
        static_cast<void>(rig.driver.display_info());
    }
    SUBCASE("one that fails") {
        CHECK(rig.driver.flush(99, {0, 0, 1, 1}) == Type::kErrInvalidResourceId);
    }
    SUBCASE("a flush beyond the picture") {
        CHECK(rig.driver.flush(rig.screen.id(), {0, 0, 641, 1}) == Type::kErrInvalidParameter);
    }
    SUBCASE("a transfer that puts rows elsewhere") {
        CHECK(rig.type_of(rig.post_transfer(rig.screen, {0, 0, 8, 8}, 4)) == Type::kOkNodata);
    }
    CHECK(rig.driver.answered(transfer));
    CHECK(GpuDriver::header_of(rig.driver.wait(transfer)).fence_id == 1);
    CHECK(rig.device->stats().updates_held == 0);
}

TEST_CASE("a transfer to a resource that no scanout shows is carried out at once") {
    BusyRig rig;
    auto other = rig.driver.create({64, 64});
    other.fill(3);
    CHECK(other.transfer() == Type::kOkNodata);
}

TEST_CASE("a resource is held back only while every scanout that shows it has a frame to come") {
    BusyRig rig{2};
    REQUIRE(rig.screen.show_on(1) == Type::kOkNodata);
    CHECK(rig.driver.answered(rig.post_transfer({0, 0, 8, 8})));
    rig.display.set_frame_pending(1, true);
    CHECK_FALSE(rig.driver.answered(rig.post_transfer({0, 0, 8, 8})));
}

TEST_CASE("without a frame callback, held updates are carried out after two refresh periods") {
    BusyRig rig;
    rig.screen.fill({0, 0, 8, 8}, 5);
    const auto transfer = rig.post_transfer({0, 0, 8, 8});
    const auto flush = rig.post_flush({0, 0, 8, 8});
    rig.clock.advance(33ms);
    rig.turn();
    CHECK_FALSE(rig.driver.answered(transfer));
    rig.clock.advance(1ms);
    rig.turn();
    CHECK(rig.driver.answered(transfer));
    CHECK(rig.driver.answered(flush));
    CHECK(rig.display.pixel(0, 7, 7) == 5);
}

TEST_CASE("the rate of a screen that is pulled out holds nobody back") {
    BusyRig rig{2};
    rig.display.screen_info(0).refresh_mhz = 144'000;
    rig.display.screen_info(1).connected = false;
    rig.device->screen_changed(0);
    rig.device->screen_changed(1);
    const auto transfer = rig.post_transfer({0, 0, 8, 8});
    rig.clock.advance(13ms);
    rig.turn();
    CHECK_FALSE(rig.driver.answered(transfer));
    rig.clock.advance(2ms);
    rig.turn();
    CHECK(rig.driver.answered(transfer));
}

TEST_CASE("a screen with an absurd refresh rate holds no guest for longer than 100 ms") {
    BusyRig rig;
    for (const uint32_t refresh_mhz : {0U, 1U, 1000U}) {
        rig.display.set_frame_pending(0, true);
        rig.display.screen_info(0).refresh_mhz = refresh_mhz;
        rig.device->screen_changed(0);
        const auto transfer = rig.post_transfer({0, 0, 8, 8});
        rig.clock.advance(100ms);
        rig.turn();
        CHECK(rig.driver.answered(transfer));
    }
}

TEST_CASE("a held flush waits for its presenter like any other") {
    BusyRig rig;
    rig.display.hold_flushes(true);
    rig.screen.fill({0, 0, 16, 8}, 5);
    const auto transfer = rig.post_transfer({0, 0, 16, 8});
    const auto first = rig.post_flush({0, 0, 8, 8});
    const auto second = rig.post_flush({8, 0, 8, 8});
    rig.frame_done();
    CHECK(rig.driver.answered(transfer));
    CHECK_FALSE(rig.driver.answered(first));
    CHECK(rig.device->stats().flushes_waiting == 2);
    rig.display.answer();
    CHECK(rig.driver.answered(first));
    CHECK(rig.driver.answered(second));
    CHECK(rig.device->stats().flushes_waiting == 0);
}

TEST_CASE("a reset of the device or of its queue forgets held updates") {
    BusyRig rig;
    rig.screen.fill({0, 0, 8, 8}, 5);
    static_cast<void>(rig.post_transfer({0, 0, 8, 8}));
    SUBCASE("device") {
        rig.link.restart();
    }
    SUBCASE("queue") {
        rig.link.restart_queue(wire::kControlQueue);
    }
    CHECK(rig.device->stats().updates_held == 0);
    rig.clock.advance(1s);
    rig.turn();
    rig.device->catch_up();
    CHECK(rig.display.count(Kind::kFlush) == 0);
    CHECK(rig.driver.create_2d(50, {8, 8}) == Type::kOkNodata);
}

}  // namespace
