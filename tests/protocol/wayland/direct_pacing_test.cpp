// SPDX-License-Identifier: MIT
// When a guest that shares its buffers may draw on, with memfds in place of dma-bufs.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <vector>

#include "direct_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};
/// A little more than a refresh period of 60 Hz.
constexpr Nanoseconds kPeriod = 17ms;

CompositorOptions manual(Releases releases = Releases::kManual) {
    CompositorOptions options;
    options.frames = Frames::kManual;
    options.releases = releases;
    return options;
}

/// A window that shows the first of a guest's buffers, latched.
struct FlippingDesk : DirectDesk {
    explicit FlippingDesk(CompositorOptions options) : DirectDesk{std::move(options)} {
        // All are known to the compositor, so that a flip is a commit.
        for (size_t i = buffers.size(); i-- > 0;) {
            show(buffers[i]);
            next_frame();
            advance(kPeriod);
        }
        compositor.release_all();
        settle();
        answered = 0;
    }
    [[nodiscard]] uint64_t shown() const { return state().content()->buffer; }

    std::array<GuestBuffer, 3> buffers{GuestBuffer{kSize}, GuestBuffer{kSize}, GuestBuffer{kSize}};
};

}  // namespace

TEST_CASE("a flip is answered when it is latched and the buffer before is released") {
    FlippingDesk desk{manual()};
    const uint64_t before = desk.shown();
    desk.show(desk.buffers[1]);
    CHECK(desk.shown() != before);
    CHECK(desk.answered == 0);
    desk.next_frame();
    CHECK(desk.answered == 0);
    desk.compositor.release(before);
    desk.settle();
    CHECK(desk.answered == 1);
}

TEST_CASE("a flip whose buffer before is released first is answered when it is latched") {
    FlippingDesk desk{manual()};
    const uint64_t before = desk.shown();
    desk.show(desk.buffers[1]);
    desk.compositor.release(before);
    desk.settle();
    CHECK(desk.answered == 0);
    desk.next_frame();
    CHECK(desk.answered == 1);
}

TEST_CASE("the same buffer flushed again is answered when it is latched") {
    CompositorOptions options = manual();
    options.tearing_guest = true;
    FlippingDesk desk{options};
    for (uint32_t i = 0; i < 10; ++i) {
        desk.buffers[0].scribble(i);
        desk.flush({0, 0, 100, 100});
        desk.settle();
        CHECK(desk.answered == i);
        CHECK(desk.state().content()->last().damage == Region{Rect{0, 0, 100, 100}});
        CHECK_SAME_PICTURE(desk.state().picture(),
                           GuestBuffer::scribbled(desk.buffers[0].all(), i));
        desk.next_frame();
        CHECK(desk.answered == i + 1);
    }
    CHECK(desk.stats().answered_by_timer <= 3);
}

TEST_CASE("two buffers, each drawn only after an answer, are never written while they are held") {
    // The double compares a held buffer at its release with what was committed: a tear fails.
    for (const size_t hold_longer : {size_t{0}, size_t{1}}) {
        CompositorOptions options = manual(Releases::kWhenReplaced);
        options.hold_longer = hold_longer;
        FlippingDesk desk{options};
        uint32_t drawn = 0;
        for (uint32_t frame = 0; frame < 60; ++frame) {
            if (desk.answered == drawn) {
                // Which was shown before the one that is shown now.
                GuestBuffer& next = desk.buffers[++drawn % 2];
                next.scribble(drawn);
                desk.show(next);
            }
            desk.next_frame();
        }
        CHECK(drawn >= 60 / (1 + hold_longer) - 2);
        CHECK(desk.stats().bytes_copied == 0);
    }
}

TEST_CASE("three buffers let a guest draw one while another is shown and one is on its way") {
    FlippingDesk desk{manual(Releases::kWhenReplaced)};
    // Every flush is asked with the answer of the one before it outstanding.
    uint32_t asked = 0;
    for (uint32_t frame = 0; frame < 60; ++frame) {
        while (asked < desk.answered + 2) {
            GuestBuffer& next = desk.buffers[++asked % 3];
            desk.show(next);
        }
        desk.next_frame();
    }
    CHECK(desk.answered >= 55);
    CHECK(desk.stats().bytes_copied == 0);
}

TEST_CASE("a guest that flips 800 times a second is merged, and its last picture gets out") {
    CompositorOptions options;
    options.frames = Frames::kAtRefresh;
    DirectDesk desk{options};
    GuestBuffer buffers[2] = {GuestBuffer{kSize}, GuestBuffer{kSize}};
    buffers[0].fill(0x111111);
    buffers[1].fill(0x222222);
    const uint64_t commits = desk.stats().committed;
    for (int i = 0; i < 800; ++i) {
        desk.flip(buffers[i % 2]);
        desk.advance(1250us);
    }
    desk.advance(50ms);
    CHECK(desk.stats().committed - commits <= 64);
    CHECK(desk.stats().committed - commits >= 55);
    CHECK(desk.answered == 800);
    CHECK_SAME_PICTURE(desk.state().picture(),
                       (Picture{kSize, std::vector<uint32_t>(kSize.area(), 0xff22'2222)}));
    CHECK(desk.state().buffers_created <= 3);
    CHECK(desk.stats().bytes_copied == 0);
}

TEST_CASE("a hidden window answers by the timer and commits nothing") {
    FlippingDesk desk{manual()};
    desk.show(desk.buffers[1]);
    desk.advance(1s);
    CHECK_FALSE(desk.presenter->visible(0));
    const uint64_t commits = desk.state().count("wl_surface.commit");
    const uint64_t answered = desk.answered;
    for (uint32_t i = 0; i < 20; ++i) {
        desk.show(desk.buffers[i % 3]);
        desk.advance(kPeriod);
        CHECK(desk.answered == answered + i + 1);
    }
    CHECK(desk.state().count("wl_surface.commit") == commits);
    desk.buffers[2].scribble(9);
    desk.show(desk.buffers[2]);
    desk.next_frame();
    CHECK(desk.presenter->visible(0));
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(desk.buffers[2].all(), 9));
}

TEST_CASE("a compositor that never releases costs a guest its vertical sync and nothing else") {
    FlippingDesk desk{manual()};
    for (uint32_t i = 1; i <= 20; ++i) {
        desk.show(desk.buffers[i % 3]);
        desk.next_frame();
        desk.advance(kPeriod);
        CHECK(desk.answered >= i - 1);
        CHECK(desk.path() == "direct");
    }
    CHECK(desk.state().buffers_created <= 4);
}

TEST_CASE("a flip to a copied picture and back keeps the pace") {
    FlippingDesk desk{manual(Releases::kWhenReplaced)};
    GuestPicture copied{kSize};
    for (uint32_t i = 1; i <= 6; ++i) {
        copied.scribble(copied.all(), i);
        desk.PresenterDesk::show(copied);
        CHECK(desk.path() == "shm");
        CHECK_SAME_PICTURE(desk.state().picture(), copied.expected());
        desk.next_frame();
        desk.buffers[i % 3].scribble(i);
        desk.show(desk.buffers[i % 3]);
        CHECK(desk.path() == "direct");
        CHECK_SAME_PICTURE(desk.state().picture(),
                           GuestBuffer::scribbled(desk.buffers[i % 3].all(), i));
        desk.next_frame();
        CHECK(desk.answered == 2 * i);
    }
}

TEST_CASE("a compositor that is lost answers what waits and lets go of every buffer") {
    FlippingDesk desk{manual()};
    const std::weak_ptr<const Framebuffer> framebuffer = desk.buffers[2].framebuffer();
    desk.show(desk.buffers[2]);
    desk.show(desk.buffers[1]);
    desk.compositor.disconnect();
    desk.settle();
    REQUIRE(desk.events.lost.size() == 1);
    desk.advance(300ms);
    CHECK(desk.answered == 2);
    desk.show(desk.buffers[0]);
    desk.advance(kPeriod);
    CHECK(desk.answered == 3);
    desk.buffers[2].destroy();
    CHECK(framebuffer.expired());
}

TEST_CASE("a screen that is pulled out gives a guest's buffers back, and shows them again") {
    FlippingDesk desk{manual()};
    desk.show(desk.buffers[1]);
    desk.show(desk.buffers[2]);
    REQUIRE(desk.presenter->set_screen(0, {.connected = false}).has_value());
    CHECK(desk.answered == 2);
    desk.next_frame();
    desk.compositor.release_all(true);
    desk.settle();
    CHECK(desk.state().buffers_held == 0);
    desk.buffers[0].scribble(7);
    desk.show(desk.buffers[0]);
    desk.advance(300ms);
    CHECK(desk.answered == 3);

    REQUIRE(desk.presenter->set_screen(0, {}).has_value());
    desk.settle();
    desk.next_frame();
    CHECK(desk.path() == "direct");
    CHECK_SAME_PICTURE(desk.state().picture(1), GuestBuffer::scribbled(desk.buffers[0].all(), 7));
    // Paced by the compositor again.
    desk.show(desk.buffers[1]);
    CHECK(desk.answered == 3);
    desk.next_frame();
    desk.compositor.release_all();
    desk.settle();
    CHECK(desk.answered == 4);
}

}  // namespace oriel::test
