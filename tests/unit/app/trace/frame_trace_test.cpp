// SPDX-License-Identifier: MIT
#include "trace/frame_trace.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>

#include <algorithm>
#include <chrono>

#include "headless/presenter.h"
#include "scanout/memory_pixels.h"
#include "support/flush_done.h"
#include "support/random.h"
#include "support/temp_dir.h"
#include "trace/trace_diff.h"
#include "trace/trace_reader.h"
#include "trace/traced_frame.h"

namespace oriel::app {
namespace {

using test::when_done;

class OneColour final : public RowSource {
public:
    explicit OneColour(uint32_t rgb) : rgb_{rgb} {}
    const std::byte* row(uint32_t, uint32_t, uint32_t width, std::byte* scratch) override {
        std::fill_n(reinterpret_cast<uint32_t*>(scratch), width, rgb_);
        return scratch;
    }

private:
    uint32_t rgb_;
};

/// A program without a window: what it shows is traced.
class Traced final : private headless::ShownFrameListener {
public:
    Traced(const std::string& file, headless::Pace pace)
        : trace_{file},
          presenter_{loop_,
                     {ScreenInfo{}},
                     nullptr,
                     {pace, static_cast<headless::ShownFrameListener*>(this)}} {}

    /// A guest that draws a square a step into one picture, after as long as `random` says.
    void run_guest(test::Random& random) {
        auto pixels = MemoryPixels::create({64, 48}).value();
        presenter_.attach(0, std::make_shared<Framebuffer>(pixels, DRM_FORMAT_XRGB8888),
                          {8, 8, 48, 32});
        for (uint32_t i = 0; i < 30; ++i) {
            const Rect square{8 + i, 8 + i, 4, 4};
            OneColour rows{i * 0x030507};
            const Region changed = pixels->update(square, rows, Damage::kAsClaimed);
            presenter_.flush(0, changed, when_done([] {}));
            clock_.advance(std::chrono::milliseconds{random.below(40)});
            while (loop_.dispatch(Nanoseconds{0})) {
            }
        }
        presenter_.detach(0);
    }

private:
    void frame_shown(const headless::ShownFrame& frame) override {
        trace_.add(frame, frame.picture != nullptr ? "virtio" : "dark");
    }

    ManualClock clock_;
    EventLoop loop_{clock_};
    FrameTrace trace_;
    headless::HeadlessPresenter presenter_;
};

void trace_guest(const std::string& file, headless::Pace pace, uint32_t seed) {
    test::Random random{seed};
    Traced{file, pace}.run_guest(random);
}

TraceDifference difference(const std::string& a, const std::string& b, bool times) {
    const auto found = compare_traces({.first = a, .second = b, .times = times});
    REQUIRE(found);
    return *found;
}

TEST_SUITE("frame trace") {
    TEST_CASE("with virtual pace 20 traces of one guest are the same, and with the refresh not") {
        const test::TempDir folder;
        const std::string first = folder.file("first");
        const std::string by_refresh = folder.file("by-refresh");
        trace_guest(first, headless::Pace::kVirtual, 1);
        trace_guest(by_refresh, headless::Pace::kRefresh, 1);
        bool refresh_differs = false;
        for (uint32_t seed = 2; seed <= 20; ++seed) {
            const std::string next = folder.file("next");
            trace_guest(next, headless::Pace::kVirtual, seed);
            const TraceDifference found = difference(first, next, true);
            CHECK(found.lines.empty());
            CHECK(found.frames == 31);
            trace_guest(next, headless::Pace::kRefresh, seed);
            refresh_differs |= !difference(by_refresh, next, false).lines.empty();
        }
        CHECK(refresh_differs);
    }

    TEST_CASE("a frame's damage is in the screen's pixels, and black has no picture") {
        const test::TempDir folder;
        const std::string file = folder.file("trace");
        trace_guest(file, headless::Pace::kVirtual, 1);
        auto reader = TraceReader::open(file);
        REQUIRE(reader);
        std::vector<TracedFrame> frames;
        for (auto next = reader->next(); next && *next; next = reader->next()) {
            frames.push_back(**next);
        }
        REQUIRE(frames.size() == 31);
        CHECK(frames[0].damage == std::vector<Rect>{{0, 0, 48, 32}});
        CHECK(frames[2].damage == std::vector<Rect>{{2, 2, 4, 4}});
        CHECK(frames[2].size == Size{48, 32});
        CHECK(frames[2].time_ns == 2 * uint64_t{16'666'666});
        CHECK(frames[2].hash.size() == 32);
        CHECK(frames[2].hash != frames[1].hash);
        CHECK(frames[30].mode == "dark");
        CHECK(frames[30].size == Size{});
        CHECK(frames[30].hash.empty());
    }

    TEST_CASE("a trace that can't be made ends the start with one line") {
        const test::TempDir folder;
        CHECK_THROWS_WITH_AS(FrameTrace{folder.file("none/trace")},
                             doctest::Contains("--trace: create "), StartupError);
    }
}

}  // namespace
}  // namespace oriel::app
