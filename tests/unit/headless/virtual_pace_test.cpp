// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <drm_fourcc.h>

#include <chrono>
#include <functional>
#include <vector>

#include "headless/presenter.h"
#include "support/flush_done.h"
#include "support/random.h"

namespace oriel::headless {
namespace {

using test::when_done;

using std::chrono::milliseconds;

constexpr Nanoseconds kPeriod{20'000'000};  // 50 Hz

/// What a listener was told of a frame.
struct SeenFrame {
    ScanoutId scanout;
    uint64_t number;
    Nanoseconds time;
    uint64_t generation;  ///< 0: black
    Rect damage;
    friend bool operator==(const SeenFrame&, const SeenFrame&) = default;
};

class FrameList final : public ShownFrameListener {
public:
    void frame_shown(const ShownFrame& frame) override {
        seen.push_back({frame.scanout, frame.number, frame.time,
                        frame.picture != nullptr ? frame.picture->framebuffer->generation() : 0,
                        frame.damage.bounds()});
    }
    std::vector<SeenFrame> seen;
};

FramebufferRef some_picture() {
    return std::make_shared<Framebuffer>(MemoryPixels::create({64, 48}).value(),
                                         DRM_FORMAT_XRGB8888);
}

/// One screen, and a guest whose pictures are the same for all.
struct Bench {
    explicit Bench(Pace pace) : presenter{loop, {kScreen, kScreen}, nullptr, {pace, &frames}} {}

    void flush(const Rect& damage, ScanoutId scanout = 0) {
        presenter.flush(scanout, Region{damage}, when_done([this] { ++answered; }));
    }
    void run(Nanoseconds time) {
        clock.advance(time);
        while (loop.dispatch(Nanoseconds{0})) {
        }
    }

    static constexpr ScreenInfo kScreen{.refresh_mhz = 50'000};
    ManualClock clock;
    EventLoop loop{clock};
    FrameList frames;
    HeadlessPresenter presenter;
    int answered = 0;
};

/// The frames of a guest that draws at times which differ from run to run, as on a busy machine.
std::vector<SeenFrame> frames_of(Pace pace, uint32_t seed,
                                 const std::vector<FramebufferRef>& pictures) {
    Bench bench{pace};
    test::Random random{seed};
    for (uint32_t i = 0; i < 60; ++i) {
        if (i % 7 == 0) {
            bench.presenter.attach(0, pictures[i % pictures.size()], {0, 0, 64, 48});
        }
        if (i == 30) {
            bench.presenter.detach(0);
        }
        bench.flush({i, i / 2, 4, 4});
        bench.run(milliseconds{random.below(45)});
    }
    // What waits is answered while there is somebody to hear it.
    bench.presenter.detach(0);
    return bench.frames.seen;
}

TEST_SUITE("virtual pace") {
    TEST_CASE("with virtual pace each flush is a frame of its own, and is answered at once") {
        Bench bench{Pace::kVirtual};
        const FramebufferRef picture = some_picture();
        bench.presenter.attach(0, picture, {0, 0, 64, 48});
        for (uint32_t i = 0; i < 5; ++i) {
            bench.flush({i, 0, 1, 1});
            CHECK(bench.answered == static_cast<int>(i) + 1);
            CHECK_FALSE(bench.presenter.frame_pending(0));
        }
        REQUIRE(bench.frames.seen.size() == 5);
        CHECK(bench.frames.seen[0] ==
              SeenFrame{0, 1, Nanoseconds{0}, picture->generation(), {0, 0, 64, 48}});
        CHECK(bench.frames.seen[4] ==
              SeenFrame{0, 5, 4 * kPeriod, picture->generation(), {4, 0, 1, 1}});
        CHECK(bench.presenter.stats(0).committed == 5);
        CHECK(bench.presenter.stats(0).presented == 5);
        CHECK(bench.presenter.stats(0).merged == 0);
        // Nothing is left to happen.
        bench.clock.advance(std::chrono::hours{1});
        CHECK_FALSE(bench.loop.dispatch(Nanoseconds{0}));
    }

    TEST_CASE("with virtual pace the clock stands still while the guest does") {
        Bench bench{Pace::kVirtual};
        bench.presenter.attach(0, some_picture(), {0, 0, 64, 48});
        bench.flush({0, 0, 1, 1});
        bench.run(std::chrono::minutes{1});
        bench.flush({0, 0, 1, 1});
        bench.flush({});  // draws nothing
        bench.flush({1, 0, 1, 1});
        REQUIRE(bench.frames.seen.size() == 3);
        CHECK(bench.frames.seen[1].time == kPeriod);
        CHECK(bench.frames.seen[2].time == 2 * kPeriod);
        CHECK(bench.answered == 4);
    }

    TEST_CASE("with virtual pace a slow machine shows the same frames as a fast one") {
        const std::vector<FramebufferRef> pictures{some_picture(), some_picture(), some_picture()};
        const auto first = frames_of(Pace::kVirtual, 1, pictures);
        // Of the 60 flushes those from 30 to 34 have no picture: black is one frame, and so is the
        // end.
        CHECK(first.size() == 60 - 5 + 2);
        const auto by_refresh = frames_of(Pace::kRefresh, 1, pictures);
        bool refresh_differs = false;
        for (uint32_t seed = 2; seed <= 20; ++seed) {
            CHECK(frames_of(Pace::kVirtual, seed, pictures) == first);
            refresh_differs |= frames_of(Pace::kRefresh, seed, pictures) != by_refresh;
        }
        // So this can fail.
        CHECK(refresh_differs);
    }

    TEST_CASE("with virtual pace what is flushed from inside an answer is a frame, too") {
        Bench bench{Pace::kVirtual};
        bench.presenter.attach(0, some_picture(), {0, 0, 64, 48});
        std::function<void()> next = [&, left = 10]() mutable {
            if (--left > 0) {
                bench.presenter.flush(0, Region{Rect{0, 0, 2, 2}}, when_done(std::ref(next)));
            }
        };
        bench.presenter.flush(0, Region{Rect{0, 0, 2, 2}}, when_done(std::ref(next)));
        CHECK(bench.frames.seen.size() == 10);
        CHECK(bench.frames.seen.back().time == 9 * kPeriod);
        bench.presenter.detach(0);  // what waits is answered while `next` is there
    }

    TEST_CASE("with virtual pace each screen has a clock, and one that is off has no frames") {
        Bench bench{Pace::kVirtual};
        const FramebufferRef picture = some_picture();
        for (const ScanoutId scanout : {ScanoutId{0}, ScanoutId{1}}) {
            bench.presenter.attach(scanout, picture, {0, 0, 64, 48});
            bench.flush({0, 0, 1, 1}, scanout);
        }
        CHECK(bench.frames.seen.back().time == Nanoseconds{0});
        CHECK(bench.frames.seen.back().number == 1);
        REQUIRE(bench.presenter.set_screen(1, {.connected = false}));
        bench.flush({0, 0, 1, 1}, 1);
        CHECK(bench.frames.seen.size() == 2);
        bench.run(kPeriod);
        CHECK(bench.answered == 3);  // by the timer: the guest goes on
        REQUIRE(bench.presenter.set_screen(1, {}));
        CHECK(bench.frames.seen.back() ==
              SeenFrame{1, 2, kPeriod, picture->generation(), {0, 0, 64, 48}});
    }

    TEST_CASE("by the refresh rate frames have the time of their commit") {
        Bench bench{Pace::kRefresh};
        const FramebufferRef picture = some_picture();
        bench.run(milliseconds{3});
        bench.presenter.attach(0, picture, {0, 0, 64, 48});
        bench.flush({0, 0, 1, 1});
        bench.flush({1, 0, 1, 1});
        bench.flush({2, 0, 1, 1});
        bench.run(kPeriod);
        REQUIRE(bench.frames.seen.size() == 2);
        CHECK(bench.frames.seen[0].time == milliseconds{3});
        CHECK(bench.frames.seen[1] ==
              SeenFrame{0, 2, milliseconds{23}, picture->generation(), {1, 0, 2, 1}});
        bench.presenter.detach(0);
        bench.run(kPeriod);
        CHECK(bench.frames.seen.back().generation == 0);
    }
}

}  // namespace
}  // namespace oriel::headless
