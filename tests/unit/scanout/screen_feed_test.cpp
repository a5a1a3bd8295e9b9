// SPDX-License-Identifier: MIT
#include "scanout/screen_feed.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>

#include <chrono>
#include <vector>

#include "core/clock.h"
#include "scanout/copy_in_turns.h"
#include "support/flush_done.h"
#include "support/slow_picture.h"

using namespace oriel;
using namespace std::chrono_literals;

namespace {

constexpr Size kSize{320, 200};

/// A presenter that does what the test says, and its feed.
struct Desk final : FrameSink {
    explicit Desk(FrameClock frame_clock = FrameClock::kCompositor)
        : feed{loop, *this, frame_clock} {}

    [[nodiscard]] bool can_commit(const ScreenPicture& picture, bool pixels) override {
        ++asked;
        return can && (in_place || !pixels || copies.complete(*picture.framebuffer));
    }
    [[nodiscard]] bool shows_in_place(const Framebuffer&) const override { return in_place; }
    [[nodiscard]] std::optional<CommittedFrame> commit_picture(const ScreenPicture& picture,
                                                               const Region& damage) override {
        if (!in_place && reads_memory) {
            static_cast<void>(picture.framebuffer->memory());
        }
        damages.push_back(damage);
        shown = true;
        return CommittedFrame{};
    }
    void commit_unchanged() override { ++unchanged; }
    [[nodiscard]] bool commit_black() override {
        shown = false;
        feed.black_shown(false);
        return true;
    }
    [[nodiscard]] bool shows_picture() const override { return shown; }
    void picture_changed(const ScreenPicture*) override {}
    void frame_shown() override {}
    void visibility_changed(bool visible) override { visibility.push_back(visible); }
    void trim() override { ++trims; }

    void flush(const Rect& damage) {
        feed.flush(Region{damage}, test::when_done([this] { ++answered; }));
    }
    /// A picture is shown, and its frame is done.
    void show() {
        feed.attach(framebuffer, Rect::of(kSize));
        flush(Rect::of(kSize));
        feed.frame_done(true);
        damages.clear();
        answered = 0;
        asked = 0;
    }
    void advance(Nanoseconds time) {
        clock.advance(time);
        while (loop.dispatch(Nanoseconds{0})) {
            ++wake_ups;
        }
    }

    ManualClock clock;
    EventLoop loop{clock};
    FramebufferRef framebuffer =
        std::make_shared<Framebuffer>(MemoryPixels::create(kSize).value(), DRM_FORMAT_XRGB8888);
    bool can = true;
    bool in_place = true;
    /// As a renderer does, and not as what publishes buffers.
    bool reads_memory = false;
    bool shown = false;
    int asked = 0;
    int unchanged = 0;
    int answered = 0;
    int trims = 0;
    int wake_ups = 0;
    std::vector<Region> damages;
    std::vector<bool> visibility;
    CopyInTurns copies{loop, [this] { feed.sink_ready(); }};
    ScreenFeed feed;
};

}  // namespace

TEST_CASE("damage that waits is bounded, also while nobody looks") {
    Desk desk;
    desk.show();
    desk.flush(Rect::of(kSize));  // whose frame never comes
    desk.advance(1s);
    REQUIRE(desk.visibility == std::vector<bool>{false});
    for (uint32_t i = 0; i < 2000; ++i) {
        const Rect pixel{i * 7 % 320, i * 13 % 200, 1, 1};
        desk.flush(pixel);
        CHECK(desk.feed.damage().rect_count() <= BoundedRegion::kMaxRects);
        CHECK(desk.feed.damage().contains(pixel));
        desk.advance(20ms);
    }
    CHECK(desk.answered == 2001);
    desk.feed.frame_done(true);
    REQUIRE(desk.damages.size() == 2);
    CHECK(desk.damages.back().contains(Rect{0, 0, 1, 1}));
    CHECK(desk.damages.back().rect_count() <= BoundedRegion::kMaxRects);
}

TEST_CASE("few changes are committed as they are, many as what encloses them") {
    Desk desk;
    desk.show();
    desk.flush({0, 0, 1, 1});
    Region few;
    for (uint32_t i = 0; i < 30; ++i) {
        const Rect pixel{2 * i, 4, 1, 1};
        few.add(pixel);
        desk.flush(pixel);
    }
    desk.feed.frame_done(true);
    REQUIRE(desk.damages.size() == 2);
    CHECK(desk.damages.back() == few);
    for (uint32_t i = 0; i < 40; ++i) {
        desk.flush({2 * i, 4, 1, 1});
    }
    desk.feed.frame_done(true);
    CHECK(desk.damages.back().bounds() == Rect{0, 4, 79, 1});
    CHECK(desk.damages.back().contains(Rect{0, 4, 65, 1}));
}

TEST_CASE("a sink that can't commit is asked again when it says that it may") {
    Desk desk;
    desk.show();
    desk.can = false;
    desk.flush({0, 0, 8, 8});
    desk.feed.sink_ready();
    CHECK(desk.damages.empty());
    desk.can = true;
    desk.feed.sink_ready();
    CHECK(desk.damages == std::vector<Region>{Region{Rect{0, 0, 8, 8}}});
    CHECK(desk.answered == 1);
}

TEST_CASE(
    "a sink is asked once for a flush on a screen at rest, and not while a frame is under way") {
    Desk desk;
    desk.show();
    desk.flush({0, 0, 8, 8});
    CHECK(desk.asked == 1);
    desk.flush({8, 0, 8, 8});
    desk.feed.sink_ready();
    CHECK(desk.asked == 1);
    desk.feed.frame_done(true);
    CHECK(desk.asked == 2);
    CHECK(desk.damages.size() == 2);
    desk.feed.frame_done(true);
    CHECK(desk.asked == 2);
}

TEST_CASE("an idle picture is trimmed once, five seconds after its last frame") {
    Desk desk;
    desk.show();
    for (int i = 0; i < 300; ++i) {
        desk.flush({0, 0, 8, 8});
        desk.feed.frame_done(true);
        desk.advance(16ms);
    }
    CHECK(desk.trims == 0);
    // Not a timer armed for each frame.
    CHECK(desk.wake_ups == 0);
    desk.advance(4s);
    CHECK(desk.trims == 0);
    desk.advance(1s);
    CHECK(desk.trims == 1);
    desk.advance(1h);
    CHECK(desk.trims == 1);
}

TEST_CASE("a screen is hidden when its compositor is silent for half a second, to the moment") {
    Desk desk;
    desk.show();
    desk.advance(490ms);  // a timer of the frame before is under way
    desk.flush({0, 0, 8, 8});
    desk.advance(499ms);
    CHECK(desk.feed.visible());
    desk.advance(1ms);
    CHECK_FALSE(desk.feed.visible());
    CHECK_FALSE(desk.feed.frame_pending());
    desk.feed.frame_done(true);
    CHECK(desk.visibility == std::vector<bool>{false, true});
}

TEST_CASE("once a frame is done, the timer that looks for a hidden window wakes nobody") {
    Desk desk;
    desk.show();
    for (int i = 0; i < 4; ++i) {
        desk.flush({0, 0, 8, 8});
        desk.advance(16ms);
        desk.feed.frame_done(true);
        const int before = desk.wake_ups;
        desk.advance(984ms);
        CHECK(desk.wake_ups == before);
    }
    CHECK(desk.visibility.empty());
    CHECK(desk.trims == 0);
    desk.advance(4100ms);
    CHECK(desk.trims == 1);
}

TEST_CASE(
    "a presenter with a clock of its own is never hidden, and its screen at rest wakes nobody") {
    Desk desk{FrameClock::kOwn};
    desk.show();
    desk.flush({0, 0, 8, 8});
    desk.advance(1h);
    CHECK(desk.visibility.empty());
    CHECK(desk.wake_ups == 0);
    CHECK(desk.trims == 0);
}

TEST_CASE("what a feed waits for is answered when it ends") {
    int answered = 0;
    {
        Desk desk;
        desk.show();
        desk.flush({0, 0, 8, 8});
        desk.feed.flush(Region{Rect{0, 0, 8, 8}}, test::when_done([&] { ++answered; }));
        CHECK(answered == 0);
    }
    CHECK(answered == 1);
}

TEST_CASE("a picture whose copy takes several turns is committed when all of it is there") {
    Desk desk;
    desk.in_place = false;
    const auto picture = std::make_shared<test::SlowPicture>(desk.clock);
    const Rect all = Rect::of(test::SlowPicture::kSize);
    desk.feed.attach(std::make_shared<Framebuffer>(picture), all);
    desk.loop.dispatch(0ns);
    picture->paint(all, 1);
    desk.flush(all);
    CHECK(desk.damages.empty());
    desk.loop.dispatch(0ns);
    CHECK(desk.damages.empty());
    desk.advance(0ns);
    REQUIRE(desk.damages.size() == 1);
    CHECK(desk.damages[0] == Region{all});
    CHECK(picture->copied(0, test::SlowPicture::kSize.height - 1) == 1);
    desk.feed.frame_done(true);
    CHECK(desk.answered == 1);
}

TEST_CASE("what is flushed while a picture is copied is drawn by a sink that reads all there is") {
    Desk desk;
    desk.in_place = false;
    desk.reads_memory = true;
    const auto picture = std::make_shared<test::SlowPicture>(desk.clock);
    const Rect all = Rect::of(test::SlowPicture::kSize);
    const Rect part{0, 0, 8, 8};
    desk.feed.attach(std::make_shared<Framebuffer>(picture), all);
    picture->paint(all, 1);
    desk.flush(all);
    desk.advance(0ns);
    desk.feed.frame_done(true);
    desk.loop.dispatch(0ns);
    // The lower half changes, and the upper corner while it is copied: that was drawn as it was.
    const Rect lower{0, 512, 1024, 512};
    picture->paint(lower, 3);
    desk.flush(lower);
    picture->paint(part, 2);
    desk.flush(part);
    desk.advance(0ns);
    desk.feed.frame_done(true);
    REQUIRE(desk.damages.size() == 3);
    CHECK(desk.damages[1] == Region{lower});
    CHECK(desk.damages[2] == Region{part});
}

TEST_CASE("what is flushed while a picture is copied is in the next frame") {
    Desk desk;
    desk.in_place = false;
    const auto picture = std::make_shared<test::SlowPicture>(desk.clock);
    const Rect all = Rect::of(test::SlowPicture::kSize);
    const Rect part{0, 0, 8, 8};
    desk.feed.attach(std::make_shared<Framebuffer>(picture), all);
    desk.loop.dispatch(0ns);
    picture->paint(all, 1);
    desk.flush(all);
    picture->paint(part, 2);
    desk.flush(part);
    desk.advance(0ns);
    REQUIRE(desk.damages.size() == 1);
    CHECK(picture->copied(0, 0) == 1);
    desk.feed.frame_done(true);
    REQUIRE(desk.damages.size() == 2);
    CHECK(desk.damages[1] == Region{part});
    CHECK(picture->copied(0, 0) == 2);
    desk.feed.frame_done(true);
    CHECK(desk.damages.size() == 2);
    CHECK(desk.answered == 2);
}
