// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/event_loop.h"
#include "scanout/display.h"
#include "scanout/memory_pixels.h"
#include "support/compositor.h"
#include "support/log_lines.h"
#include "wayland/presenter.h"

namespace oriel::test {

/// A guest's picture: what it draws, and what a compositor must show of it.
class GuestPicture {
public:
    /// Black, in buffer px.
    explicit GuestPicture(Size size);

    void fill(const Rect& rect, uint32_t rgb);
    /// Every pixel of `rect` another colour; other colours for another seed.
    void scribble(const Rect& rect, uint32_t seed = 1);

    [[nodiscard]] const FramebufferRef& framebuffer() const { return framebuffer_; }
    /// Lets go of the pixels, as when the guest destroys the resource.
    void destroy();
    [[nodiscard]] Rect all() const { return Rect::of(expected_.size); }
    /// The whole picture as a compositor must see it.
    [[nodiscard]] const Picture& expected() const { return expected_; }
    [[nodiscard]] Picture expected(const Rect& part) const;
    /// All of it, each px `times` px wide and high.
    [[nodiscard]] Picture magnified(uint32_t times) const;
    [[nodiscard]] size_t buffers() const { return framebuffer_->memory()->buffer_count(); }

private:
    void update(const Rect& rect);

    Picture expected_;
    FramebufferRef framebuffer_;
};

/// What a presenter told.
class RecordedEvents final : public DisplayEvents {
public:
    void display_ready() override { ++ready; }
    void screen_changed(ScanoutId scanout) override { screens_changed.push_back(scanout); }
    void visibility_changed(ScanoutId scanout) override { visibility.push_back(scanout); }
    void frame_done(ScanoutId scanout) override {
        if (on_frame_done) {
            on_frame_done(scanout);
        }
    }
    void close_requested(ScanoutId scanout) override { closes.push_back(scanout); }
    void display_lost(const std::string& reason) override { lost.push_back(reason); }

    int ready = 0;
    std::vector<ScanoutId> screens_changed;
    std::vector<ScanoutId> visibility;
    std::function<void(ScanoutId)> on_frame_done;
    std::vector<ScanoutId> closes;
    std::vector<std::string> lost;
};

/// Windows of `size` on the shm path, in a VM called "test".
[[nodiscard]] wayland::PresenterOptions presenter_options(
    Size size = {320, 200}, wayland::PathChoice path = wayland::PathChoice::kShm,
    size_t screens = 1);

/// Runs the loop until the presenter that tells `events` can be used. Fails the test if its
/// compositor is lost before.
void wait_until_ready(EventLoop& loop, const RecordedEvents& events);

/// A presenter and the compositor that it draws on, ready to be used, with a clock that the test
/// moves.
struct PresenterDesk {
    explicit PresenterDesk(CompositorOptions compositor_options = {},
                           wayland::PresenterOptions options = presenter_options());

    /// Attaches all of the picture.
    void attach(const GuestPicture& picture, ScanoutId scanout = 0);
    /// One flush; `answered` counts its answer.
    void flush(const Rect& damage, ScanoutId scanout = 0);
    /// Attaches, flushes all and waits until it is committed.
    void show(const GuestPicture& picture, ScanoutId scanout = 0);

    void wait_for(const TestCompositor::Predicate& true_when, std::string_view sentence) {
        compositor.wait_for(true_when, loop, sentence);
    }
    void settle() { compositor.settle(loop); }
    /// Lets time pass, and what is due happen.
    void advance(Nanoseconds by);
    /// The compositor shows what was committed, and the presenter hears of it.
    void next_frame();
    [[nodiscard]] State state() const { return compositor.state(); }
    [[nodiscard]] const ScanoutStats& stats(ScanoutId scanout = 0) const {
        return presenter->stats(scanout);
    }

    ManualClock clock;
    EventLoop loop{clock};
    TestCompositor compositor;
    RecordedEvents events;
    uint64_t answered = 0;
    std::unique_ptr<Display> presenter;
};

/// doctest's CHECK with the first difference in words.
#define CHECK_SAME_PICTURE(actual, wanted)                                      \
    do {                                                                        \
        const ::oriel::test::PictureRef same_picture_actual = (actual);         \
        REQUIRE(same_picture_actual);                                           \
        CHECK(::oriel::test::difference(*same_picture_actual, (wanted)) == ""); \
    } while (false)

}  // namespace oriel::test
