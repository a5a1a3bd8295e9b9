// SPDX-License-Identifier: MIT
// When the presenter commits, and when it answers a guest's flush, as the compositor sees it.
// What is the same for every presenter is in support/pacing_cases.cpp.
#include <doctest/doctest.h>

#include <chrono>

#include "presenter_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};
/// A little more than a refresh period of 60 Hz.
constexpr Nanoseconds kPeriod = 17ms;

/// A window that shows a picture, on a compositor that sends frame callbacks on demand.
struct PacedDesk : PresenterDesk {
    explicit PacedDesk(CompositorOptions options = {})
        : PresenterDesk{[&options] {
              options.frames = Frames::kManual;
              return options;
          }()} {
        show(picture);
        next_frame();
        shown_before = stats().committed;
        answered = 0;
    }
    void draw(const Rect& rect) {
        picture.scribble(rect, ++seed);
        flush(rect);
        settle();
    }
    /// Pictures committed since the beginning, as the presenter and as the compositor count.
    [[nodiscard]] uint64_t commits() const { return stats().committed - shown_before; }

    GuestPicture picture{kSize};
    uint64_t shown_before = 0;
    uint32_t seed = 0;
};

}  // namespace

TEST_CASE("a window that gets no frame callbacks is hidden, commits nothing and hangs no guest") {
    PacedDesk desk;
    desk.draw({0, 0, 10, 10});
    const uint64_t commits = desk.state().count("wl_surface.commit");
    for (uint64_t i = 0; i < 40; ++i) {
        desk.draw({0, 0, 10, 10});
        desk.advance(kPeriod);
        CHECK(desk.answered == i + 2);
    }
    CHECK(desk.state().count("wl_surface.commit") == commits);
    CHECK_FALSE(desk.presenter->visible(0));
    CHECK(desk.events.visibility == std::vector<ScanoutId>{0});

    desk.next_frame();
    CHECK(desk.presenter->visible(0));
    CHECK_SAME_PICTURE(desk.state().picture(), desk.picture.expected());
    CHECK(desk.events.visibility.size() == 2);
}

TEST_CASE("a compositor that keeps every buffer gets four and no more, and the guest goes on") {
    PacedDesk desk{{.releases = Releases::kManual}};
    for (uint64_t i = 0; i < 10; ++i) {
        desk.draw({0, 0, 64, 64});
        desk.advance(kPeriod);
        desk.next_frame();
        CHECK(desk.answered == i + 1);
    }
    CHECK(desk.picture.buffers() == MemoryPixels::kMaxBuffers);
    // What was committed last still is what was drawn then: the double compares at the release.
    const uint64_t frames = desk.state().frames();
    desk.compositor.release_all();
    desk.settle();
    CHECK(desk.state().frames() == frames + 1);
    CHECK_SAME_PICTURE(desk.state().picture(), desk.picture.expected());
}

TEST_CASE("a compositor that gives buffers back a frame late shows every frame all the same") {
    PacedDesk desk{{.hold_longer = 1}};
    for (uint64_t i = 0; i < 20; ++i) {
        desk.draw({0, 0, 320, 200});
        CHECK(desk.commits() == i + 1);
        desk.next_frame();
    }
}

TEST_CASE("a held buffer is written again only after its release") {
    PacedDesk desk{{.hold_longer = 1}};
    for (int i = 0; i < 20; ++i) {
        desk.draw({0, 0, 320, 200});
        desk.next_frame();
        desk.next_frame();
        CHECK_SAME_PICTURE(desk.state().picture(), desk.picture.expected());
    }
    CHECK(desk.commits() == 20);
}

TEST_CASE("a compositor that copies at once lets the presenter do with one buffer") {
    PacedDesk desk{{.releases = Releases::kImmediate}};
    for (int i = 0; i < 5; ++i) {
        desk.draw({0, 0, 320, 200});
        desk.next_frame();
        CHECK_SAME_PICTURE(desk.state().picture(), desk.picture.expected());
    }
    CHECK(desk.picture.buffers() <= 2);
}

TEST_CASE("a guest that attaches and detaches all the time makes no more commits than frames") {
    for (const Size window : {Size{320, 200}, Size{320, 300}}) {  // as its own surface, and not
        PacedDesk desk{{.configure_size = window, .configure_flags = {WindowFlag::kMaximized}}};
        const uint64_t frames = desk.state().count("wl_surface.attach");
        for (int i = 0; i < 1000; ++i) {
            desk.presenter->detach(0);
            desk.attach(desk.picture);
            desk.flush(desk.picture.all());
        }
        desk.settle();
        CHECK(desk.state().count("wl_surface.attach") - frames <= 4);
        desk.presenter->detach(0);
        desk.next_frame();
        desk.next_frame();
        CHECK(desk.answered == 1000);
        CHECK(desk.state().shown().at(160, 100) == 0xff000000);
        desk.show(desk.picture);
        desk.next_frame();
        CHECK_SAME_PICTURE(desk.state().picture(), desk.picture.expected());
    }
}

TEST_CASE("a window that is resized while black is due becomes black") {
    PacedDesk desk{{.configure_size = {320, 300}, .configure_flags = {WindowFlag::kMaximized}}};
    desk.picture.fill(desk.picture.all(), 0xff0000);
    desk.flush(desk.picture.all());
    desk.presenter->detach(0);
    desk.compositor.configure({.size = {400, 300}, .flags = {WindowFlag::kMaximized}});
    desk.settle();
    CHECK(desk.state().shown().at(200, 150) == 0xff000000);
    desk.show(desk.picture);
    CHECK_SAME_PICTURE(desk.state().picture(), desk.picture.expected());
}

}  // namespace oriel::test
