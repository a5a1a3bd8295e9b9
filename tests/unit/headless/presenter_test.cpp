// SPDX-License-Identifier: MIT
#include "headless/presenter.h"
#include "support/flush_done.h"

#include <doctest/doctest.h>

#include <chrono>

namespace oriel::headless {
namespace {

using test::when_done;

using std::chrono::milliseconds;

struct Bench {
    ManualClock clock;
    EventLoop loop{clock};
    HeadlessPresenter presenter{loop, {ScreenInfo{.refresh_mhz = 50'000}, ScreenInfo{}}};
    FramebufferRef framebuffer =
        std::make_shared<Framebuffer>(MemoryPixels::create({64, 48}).value(), 0x34325258);
    int answered = 0;

    void flush() {
        presenter.flush(0, Region{Rect{0, 0, 8, 8}}, when_done([this] { ++answered; }));
    }
    void run(milliseconds time) {
        for (milliseconds gone{0}; gone < time; gone += milliseconds{1}) {
            clock.advance(milliseconds{1});
            while (loop.dispatch(Nanoseconds{0})) {
            }
        }
    }
};

TEST_SUITE("headless presenter") {
    TEST_CASE("a guest that flushes when it is answered draws at the refresh rate") {
        Bench bench;
        bench.presenter.attach(0, bench.framebuffer, {0, 0, 64, 48});
        int frames = 0;
        std::function<void()> next;
        DeferredCall again{bench.loop, [&] {
                               bench.presenter.flush(0, Region{Rect{0, 0, 8, 8}}, when_done(next));
                           }};
        next = [&] {
            ++frames;
            again.schedule();
        };
        bench.presenter.flush(0, Region{Rect{0, 0, 8, 8}}, when_done(next));
        bench.run(milliseconds{1000});
        CHECK(frames >= 50);
        CHECK(frames <= 52);
        const ScanoutStats& stats = bench.presenter.stats(0);
        CHECK(stats.path == "headless");
        CHECK(stats.committed == stats.flushed - 1);  // the last one waits for the next frame
        CHECK(stats.merged == 0);
        // Answers the flush that waits, while there is somebody to hear it.
        bench.presenter.detach(0);
    }

    TEST_CASE("flushes between two frames go out as one") {
        Bench bench;
        bench.presenter.attach(0, bench.framebuffer, {0, 0, 64, 48});
        for (int i = 0; i < 5; ++i) {
            bench.flush();
        }
        CHECK(bench.answered == 1);
        bench.run(milliseconds{20});
        CHECK(bench.answered == 5);
        bench.run(milliseconds{40});
        const ScanoutStats& stats = bench.presenter.stats(0);
        CHECK(stats.flushed == 5);
        CHECK(stats.committed == 2);
        CHECK(stats.merged == 3);
        CHECK(stats.presented == 2);
        CHECK(stats.flush_to_commit.count() == 5);
        CHECK(stats.flush_to_presented.count() == 5);
    }

    TEST_CASE("detaching answers what waits") {
        Bench bench;
        bench.presenter.attach(0, bench.framebuffer, {0, 0, 64, 48});
        bench.flush();
        bench.flush();
        bench.presenter.detach(0);
        CHECK(bench.answered == 2);
        bench.flush();  // nothing attached: answered at once
        CHECK(bench.answered == 3);
    }

    TEST_CASE("copies into a picture that isn't attached yet count when it is shown") {
        class Rows final : public RowSource {
        public:
            const std::byte* row(uint32_t, uint32_t, uint32_t, std::byte* scratch) override {
                return scratch;
            }
        } rows;
        Bench bench;
        static_cast<void>(
            bench.framebuffer->memory()->update({0, 0, 16, 16}, rows, Damage::kAsClaimed));
        bench.presenter.attach(0, bench.framebuffer, {0, 0, 64, 48});
        bench.flush();
        CHECK(bench.presenter.stats(0).bytes_copied == 16 * 16 * 4);
    }

    TEST_CASE("a screen that is pulled out answers at once, and shows its picture again at once") {
        Bench bench;
        bench.presenter.attach(0, bench.framebuffer, {0, 0, 64, 48});
        bench.flush();
        bench.flush();
        CHECK(bench.answered == 1);
        REQUIRE(bench.presenter.set_screen(0, {.connected = false}).has_value());
        CHECK(bench.answered == 2);
        CHECK_FALSE(bench.presenter.visible(0));
        REQUIRE(bench.presenter.set_screen(0, {}).has_value());
        CHECK(bench.presenter.visible(0));
        CHECK(bench.presenter.stats(0).committed == 2);
    }

    TEST_CASE("each screen that a change has moved is told") {
        class Told final : public DisplayEvents {
        public:
            void screen_changed(ScanoutId scanout) override { changed.push_back(scanout); }
            void visibility_changed(ScanoutId scanout) override { seen.push_back(scanout); }
            void close_requested(ScanoutId) override {}
            void display_lost(const std::string&) override {}
            std::vector<ScanoutId> changed;
            std::vector<ScanoutId> seen;
        } told;
        Bench bench;
        const ScreenInfo info{.preferred = {640, 480}, .physical_mm = {160, 120}};
        HeadlessPresenter three{bench.loop, {info, info, info}, &told};
        REQUIRE(three.set_screen(1, {.connected = false}).has_value());
        CHECK(told.seen == std::vector<ScanoutId>{1});
        CHECK(three.screen(0).position == Point{0, 0});
        CHECK(three.screen(2).position == Point{640, 0});
        told.changed.clear();
        REQUIRE(three.set_screen(0, {.preferred = Size{1280, 960}, .refresh_mhz = 75'000}));
        CHECK(three.screen(0).preferred == Size{1280, 960});
        CHECK(three.screen(0).refresh_mhz == 75'000);
        CHECK(three.screen(0).physical_mm == Size{320, 240});
        CHECK(three.screen(2).position == Point{1280, 0});
        CHECK(told.changed == std::vector<ScanoutId>{0, 1, 2});
        told.changed.clear();
        REQUIRE(three.set_screen(0, {}));
        CHECK(told.changed.empty());
        CHECK_FALSE(three.set_screen(3, {}));
    }

    TEST_CASE("a scanout that isn't there is ignored and answered") {
        Bench bench;
        bench.presenter.attach(5, bench.framebuffer, {0, 0, 64, 48});
        bench.presenter.flush(5, {}, when_done([&] { ++bench.answered; }));
        bench.presenter.detach(5);
        CHECK(bench.answered == 1);
        CHECK_FALSE(bench.presenter.screen(5).connected);
        CHECK(bench.presenter.scanout_count() == 2);
    }
}

}  // namespace
}  // namespace oriel::headless
