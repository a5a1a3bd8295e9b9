// SPDX-License-Identifier: MIT
#include "window/window.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/log.h"

namespace oriel::wayland {
namespace {

// A blinking cursor must not make us give memory back and take it again.
constexpr Nanoseconds kIdle{5'000'000'000};
// Presentation feedback comes by itself, later than the frame callback: it is one more wake-up. Two
// a second make good percentiles within a minute, and cost nothing that can be measured.
constexpr Nanoseconds kFeedbackEvery{500'000'000};
// Beyond that one larger rectangle is cheaper than many small ones, for us and the compositor.
constexpr size_t kMaxDamageRects = 32;

Region simplified(const Region& damage) {
    size_t count = 0;
    damage.for_each([&count](const Rect&) { ++count; });
    return count <= kMaxDamageRects ? damage : Region{damage.bounds()};
}

}  // namespace

Window::Window(const WindowContext& context, WindowOptions options, Events events)
    : context_{context},
      options_{std::move(options)},
      events_{std::move(events)},
      meter_{context.loop},
      pacer_{context.loop.clock()},
      timer_{context.loop, [this] { timer_due(); }},
      idle_timer_{context.loop, [this] { trim(); }},
      place_{context.outputs, options_.output_name, options_.output_index},
      size_{options_.initial},
      mode_{context.loop, options_.initial, [this] { events_.mode_changed(); }},
      title_{options_.title},
      initial_{options_.initial},
      fullscreen_{options_.fullscreen},
      surfaces_{context.globals,
                options_.latency,
                {.frame_done = [this] { frame_done(); }, .moved = [this] { outputs_changed(); }}},
      idle_inhibit_{context.loop, context.globals, main().proxy(), options_.inhibit_idle},
      feedback_{context.presentation,
                [this](std::optional<TimePoint> flushed, TimePoint shown, bool zero_copy) {
                    meter_.presented(flushed, shown, zero_copy);
                }} {
    make_toplevel();
}

Window::~Window() = default;

// --- what the device says ------------------------------------------------------------------------

void Window::attach(FramebufferRef framebuffer, const Rect& source) {
    next_ = Attached{std::move(framebuffer), source};
}

void Window::flush(const Region& damage, FlushDone done) {
    meter_.flushed();
    if (next_) {
        if (!attached_ || attached_->framebuffer != next_->framebuffer ||
            attached_->source != next_->source) {
            shown_generation_ = 0;
        }
        attached_ = std::exchange(next_, std::nullopt);
        damage_ = Region{attached_->source};
        attached_changed();
    } else if (attached_) {
        Region inside = damage;
        inside.intersect(attached_->source);
        damage_.add(inside);
    } else {
        return;
    }
    meter_.copied(*attached_->framebuffer, paths_);
    meter_.waits();
    if (!pacer_.awaiting_frame()) {
        pacer_.set_blocked(blocked());
    }
    if (pacer_.flush(std::move(done)) == FramePacer::Action::kCommit) {
        commit_due();
    }
    rearm();
}

void Window::detach() {
    next_.reset();
    attached_.reset();
    show_title(title_.set_mode(std::nullopt));
    damage_.clear();
    meter_.dropped();
    if (surfaces_.shows_picture()) {
        black_due_ = true;
        // Black keeps the compositor's pace as pictures do.
        if (!pacer_.awaiting_frame()) {
            commit_black();
        }
    }
    pacer_.drop();
    update_visibility();
    rearm();
}

// --- commits and pace ----------------------------------------------------------------------------

void Window::set_paths(WindowPaths::List paths, std::string reason) {
    paths_.replace(std::move(paths), std::move(reason), surfaces_.picture());
    meter_.path_is(paths_.reason());
    if (attached_) {
        damage_all();
        pacer_.set_blocked(blocked());
        if (pacer_.flush({}) == FramePacer::Action::kCommit) {
            commit_due();
        }
        rearm();
    }
}

bool Window::blocked() {
    return lost_ || !configured_ || suspended_ || !attached_ || paths_.empty() ||
           (!damage_.empty() && prepare(layout()) != Readiness::kReady);
}

Readiness Window::prepare(const Layout& layout) {
    return paths_.prepare(attached_->framebuffer, attached_->source, layout.times);
}

void Window::update_blocked() {
    if (pacer_.awaiting_frame()) {
        // The frame callback asks anew. Until then nothing can be committed, and what prepare()
        // might copy would only be copied again.
    } else if (blocked()) {
        pacer_.set_blocked(true);
    } else if (pacer_.unblocked() == FramePacer::Action::kCommit) {
        commit_due();
    }
    rearm();
}

void Window::path_changed() {
    if (!lost_ && attached_) {
        update_blocked();
    }
}

void Window::buffer_released(uint64_t buffer) {
    if (frame_.pixels == CommittedFrame::Pixels::kRead && frame_.buffer == buffer) {
        // It isn't read again until it is drawn again: a commit without a picture waits for
        // nothing.
        frame_ = {};
    }
    pacer_.released(buffer);
    rearm();
}

void Window::damage_all() {
    damage_ = Region{attached_->source};
    shown_generation_ = 0;
}

void Window::narrow_damage() {
    const DmabufPixels* pixels = attached_->framebuffer->dmabuf();
    if (pixels == nullptr || paths_.in_place(*attached_->framebuffer)) {
        shown_generation_ = 0;
        return;
    }
    if (!attached_->framebuffer->memory()) {
        shown_generation_ = 0;
        return;
    }
    const uint64_t generation = attached_->framebuffer->generation();
    if (std::exchange(shown_generation_, generation) == generation) {
        damage_.intersect(pixels->changed_since(shown_copy_));
    }
    shown_copy_ = pixels->copies();
}

void Window::commit_due() {
    if (!damage_.empty()) {
        narrow_damage();
    }
    if (damage_.empty()) {
        commit_without_picture();
    } else {
        commit_picture();
    }
}

void Window::commit_picture() {
    assert(attached_);
    const Layout next = layout();
    const WindowSurfaces::Content content = WindowSurfaces::wanted(next);
    if (content != surfaces_.content()) {
        damage_ = Region{attached_->source};
    }
    limit_size();
    Surface& surface = surfaces_.prepare(content, next, paths_);
    surface.request_frame();
    if (const TimePoint now = context_.loop.clock().now(); now >= feedback_due_) {
        feedback_due_ = now + kFeedbackEvery;
        feedback_.request(surface.proxy(), meter_.first_flush());
    }
    const auto shown =
        paths_.show(surface, attached_->framebuffer, attached_->source, simplified(damage_));
    if (!shown) {
        pacer_.set_blocked(true);
        events_.path_failed();
        return;
    }
    if (&surface != &main()) {
        main().commit();
    }
    frame_ = *shown;
    const bool was_dark = !surfaces_.shows_picture();
    surfaces_.picture_committed(content);
    black_due_ = false;
    damage_.clear();
    meter_.committed(*attached_->framebuffer, paths_);
    idle_inhibit_.picture_committed();
    const bool same_layout = next == surfaces_.layout();
    set_layout(next);
    if (was_dark && same_layout) {
        // The pointer is on the picture now: no arrow of the black before.
        events_.layout_changed();
    }
    count_scale();
    idle_timer_.arm_after(kIdle);
    // Last: the answers may bring the next flush.
    pacer_.committed(frame_);
    rearm();
}

void Window::commit_without_picture() {
    // Nothing has changed, but the guest is to keep the compositor's pace all the same.
    Surface* const picture = surfaces_.picture();
    Surface& surface = picture != nullptr ? *picture : main();
    surface.request_frame();
    surface.commit();
    if (&surface != &main()) {
        main().commit();
    }
    meter_.committed_nothing();
    meter_.dropped();
    pacer_.committed(frame_);
    rearm();
}

void Window::frame_done() {
    paths_.latched();
    meter_.latched(feedback_.mute());
    pacer_.set_blocked(blocked());
    const bool due = pacer_.frame_done() == FramePacer::Action::kCommit;
    // First, so that a frame which was kept for this moment goes out with what waits already.
    events_.frame_done();
    if (pacer_.awaiting_frame()) {
        // It has.
    } else if (due && pacer_.commit_due() && !blocked()) {
        commit_due();
    } else if (black_due_ && !attached_) {
        commit_black();
    }
    update_visibility();
    rearm();
}

void Window::timer_due() {
    meter_.answered_by_timer(pacer_.expire());
    if (!pacer_.deadline()) {
        meter_.nobody_waits();
    }
    update_visibility();
    rearm();
}

void Window::trim() {
    meter_.trim_pictures();
    paths_.trim();
}

void Window::rearm() {
    std::optional<TimePoint> next = pacer_.deadline();
    if (const auto hidden_at = pacer_.hidden_at(); visible_ && hidden_at) {
        next = next ? std::min(*next, *hidden_at) : *hidden_at;
    }
    if (next == timer_.deadline()) {
        return;
    }
    if (next) {
        timer_.arm_at(*next);
    } else {
        timer_.disarm();
    }
}

void Window::update_visibility() {
    const bool visible = !lost_ && toplevel_ && !suspended_ && !pacer_.hidden();
    if (visible != visible_) {
        visible_ = visible;
        log_debug("wayland", "window {}: {}", options_.title, visible ? "visible" : "hidden");
        events_.visibility_changed();
    }
}

void Window::connection_lost() {
    lost_ = true;
    paths_.connection_lost();
    pacer_.set_blocked(true);
    surfaces_.forget_frames();
    update_visibility();
    rearm();
}

}  // namespace oriel::wayland
