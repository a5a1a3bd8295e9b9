// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "rig.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;
using Token = GpuDriver::Token;

/// A fenced flush of screen 0 that its presenter holds.
struct FenceRig : GpuRig {
    FenceRig() : GpuRig{2}, screen{driver.show(0, {64, 64})}, other{driver.show(1, {32, 32})} {
        display.hold_flushes(true);
        held = driver.fenced(1).post_flush(screen.id(), screen.all());
        REQUIRE(display.held() == 1);
    }

    Token post_transfer() {
        return driver.post(Type::kTransferToHost2d,
                           wire::TransferToHost2d{{}, {0, 0, 32, 32}, 0, other.id(), 0});
    }
    uint64_t fence_of(Token token) { return GpuDriver::header_of(driver.wait(token)).fence_id; }

    GpuDriver::Screen screen;
    GpuDriver::Screen other;
    Token held = 0;
};

TEST_CASE("a fenced transfer is not answered before the held fenced flush in front of it") {
    FenceRig rig;
    const Token transfer = rig.driver.fenced(2).post(
        Type::kTransferToHost2d, wire::TransferToHost2d{{}, {0, 0, 32, 32}, 0, rig.other.id(), 0});
    CHECK_FALSE(rig.driver.answered(transfer));
    const uint32_t interrupts = rig.link.interrupts(0);
    rig.display.answer();
    CHECK(rig.fence_of(rig.held) == 1);
    CHECK(rig.fence_of(transfer) == 2);
    // Both are told of together.
    CHECK(rig.link.interrupts(0) == interrupts + 1);
}

TEST_CASE("another screen's fenced flush waits too, however quick its presenter is") {
    FenceRig rig;
    const Token second = rig.driver.fenced(2).post_flush(rig.other.id(), rig.other.all());
    REQUIRE(rig.display.held() == 2);
    // The second one's presenter first.
    rig.display.answer_last();
    CHECK_FALSE(rig.driver.answered(second));
    rig.display.answer();
    CHECK(rig.driver.answered(rig.held));
    CHECK(rig.driver.answered(second));
}

TEST_CASE("what has no fence waits for nobody, and nobody waits for it") {
    FenceRig rig;
    CHECK(rig.driver.answered(rig.post_transfer()));
    // Nothing is new in it, so no presenter is asked.
    CHECK(rig.driver.answered(rig.driver.post_flush(rig.screen.id(), {0, 0, 1, 1})));
    CHECK(rig.driver.display_info().pmodes[0].enabled == 1);

    // A held flush without a fence holds no fence up.
    rig.display.answer();
    rig.screen.fill(3);
    REQUIRE(rig.screen.transfer() == Type::kOkNodata);
    const Token plain = rig.driver.post_flush(rig.screen.id(), rig.screen.all());
    CHECK_FALSE(rig.driver.answered(plain));
    CHECK(rig.driver.fenced(3).create_2d(70, {8, 8}) == Type::kOkNodata);
    CHECK_FALSE(rig.driver.answered(plain));
}

TEST_CASE("an answer that waits for its turn keeps what it says") {
    FenceRig rig;
    rig.driver.fenced(2);
    const Token edid = rig.driver.post_raw(
        bytes_of(wire::GetEdid{{static_cast<uint32_t>(Type::kGetEdid), wire::kFlagFence, 2}, 1, 0}),
        sizeof(wire::RespEdid));
    const Token error = rig.driver.post_raw(
        bytes_of(wire::ResourceUnref{
            {static_cast<uint32_t>(Type::kResourceUnref), wire::kFlagFence, 3}, 99, 0}),
        sizeof(wire::Header));
    CHECK_FALSE(rig.driver.answered(edid));
    CHECK_FALSE(rig.driver.answered(error));
    rig.display.answer();
    const auto answer = rig.driver.wait(edid);
    const auto body = ByteReader{answer}.read<wire::RespEdid>();
    REQUIRE(body);
    CHECK(body->header.fence_id == 2);
    CHECK(body->size == 256);
    const auto failed = GpuDriver::header_of(rig.driver.wait(error));
    CHECK(static_cast<Type>(failed.type) == Type::kErrInvalidResourceId);
    CHECK(failed.fence_id == 3);
}

TEST_CASE("fenced updates that were held back keep their order behind a held flush") {
    GpuRig rig;
    auto screen = rig.driver.show(0, {640, 480}, Pages::kContiguous);
    REQUIRE(screen.flush() == Type::kOkNodata);
    rig.display.hold_flushes(true);
    rig.display.set_frame_pending(0, true);
    uint64_t fence = 0;
    const auto transfer = [&](const Rect& rect) {
        wire::TransferToHost2d command{};
        command.r = {rect.x, rect.y, rect.width, rect.height};
        command.offset = (uint64_t{rect.y} * 640 + rect.x) * 4;
        command.resource_id = screen.id();
        screen.fill(rect, 1);
        return rig.driver.fenced(++fence).post(Type::kTransferToHost2d, command);
    };
    const Token first = transfer({0, 0, 8, 8});
    const Token flush = rig.driver.fenced(++fence).post_flush(screen.id(), {0, 0, 8, 8});
    const Token second = transfer({8, 0, 8, 8});
    REQUIRE(rig.device->stats().updates_held == 3);
    rig.display.set_frame_pending(0, false);
    rig.device->catch_up();
    CHECK(rig.driver.answered(first));
    CHECK_FALSE(rig.driver.answered(flush));
    CHECK_FALSE(rig.driver.answered(second));
    rig.display.answer();
    CHECK(rig.driver.answered(flush));
    CHECK(rig.driver.answered(second));
}

TEST_CASE("a reset forgets the answers that wait for their turn") {
    FenceRig rig;
    static_cast<void>(rig.driver.fenced(2).post_flush(rig.other.id(), rig.other.all()));
    SUBCASE("of the device") {
        rig.link.restart();
    }
    SUBCASE("of the queue") {
        rig.link.restart_queue(wire::kControlQueue);
    }
    CHECK(rig.device->stats().flushes_waiting == 0);
    CHECK(rig.driver.fenced(1).create_2d(71, {8, 8}) == Type::kOkNodata);
}

TEST_CASE("whatever presenters do, fences are answered in order and none is forgotten") {
    std::mt19937 random{20261129};
    const auto below = [&random](uint32_t most) { return static_cast<uint32_t>(random() % most); };
    for (int round = 0; round < 50; ++round) {
        GpuRig rig{2};
        auto a = rig.driver.show(0, {64, 64});
        auto b = rig.driver.show(1, {64, 64});
        rig.display.hold_flushes(true);
        std::vector<Token> fenced;
        std::vector<Token> plain;
        size_t answered = 0;
        for (uint32_t i = 0; i < 60; ++i) {
            auto& screen = below(2) == 0 ? a : b;
            const bool with_fence = below(3) != 0;
            if (with_fence) {
                rig.driver.fenced(i + 1);
            }
            auto& tokens = with_fence ? fenced : plain;
            switch (below(3)) {
                case 0:
                    tokens.push_back(rig.driver.post_flush(screen.id(), screen.all()));
                    break;
                case 1:
                    tokens.push_back(rig.driver.post(
                        Type::kSetScanout,
                        wire::SetScanout{{}, {0, 0, 64, 64}, below(2), screen.id()}));
                    break;
                default:
                    tokens.push_back(rig.driver.post(
                        Type::kTransferToHost2d,
                        wire::TransferToHost2d{{}, {0, 0, 64, 64}, 0, screen.id(), 0}));
            }
            if (below(3) == 0 && rig.display.held() > 0) {
                below(2) == 0 ? rig.display.answer(1) : rig.display.answer_last();
            }
            // A prefix of the fences, never one behind an unanswered one.
            while (answered < fenced.size() && rig.link.answered(fenced[answered])) {
                ++answered;
            }
            for (size_t later = answered; later < fenced.size(); ++later) {
                REQUIRE_FALSE(rig.link.answered(fenced[later]));
            }
        }
        rig.display.answer();
        for (const auto& tokens : {fenced, plain}) {
            for (const Token token : tokens) {
                CHECK(rig.driver.answered(token));
            }
        }
        CHECK(rig.device->stats().flushes_waiting == 0);
    }
}

}  // namespace
