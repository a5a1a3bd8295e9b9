// SPDX-License-Identifier: MIT
#include "window.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/log.h"

namespace oriel::wayland {
namespace {

// Smaller ones can't be found again on a desktop; logical px.
constexpr Size kSmallest{160, 100};
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
      pacer_{context.loop.clock()},
      timer_{context.loop, [this] { timer_due(); }},
      idle_timer_{context.loop, [this] { trim(); }},
      place_{context.outputs, options_.output_name, options_.output_index},
      size_{options_.initial},
      mode_{context.loop, options_.initial, [this] { events_.mode_changed(); }},
      surfaces_{context.globals,
                options_.latency,
                {.frame_done = [this] { frame_done(); }, .moved = [this] { outputs_changed(); }}},
      toplevel_{context.globals,
                main().proxy(),
                {.configured = [this](const ToplevelState& state) { configured(state); },
                 .closed = [this] { events_.closed(); }}},
      idle_inhibit_{context.loop, context.globals, main().proxy(), options_.inhibit_idle},
      feedback_{context.presentation,
                [this](std::optional<TimePoint> flushed, TimePoint shown, bool zero_copy) {
                    ++stats_.feedbacks;
                    stats_.zero_copy += zero_copy ? 1 : 0;
                    presented(flushed, shown);
                }} {
    toplevel_.set_title(options_.title);
    toplevel_.set_app_id(options_.app_id);
    update_guest_size();
    limit_size();
    surfaces_.set_layout(layout());
    static_cast<void>(place_.came());
    if (options_.fullscreen) {
        toplevel_.set_fullscreen(place_.fullscreen());
    }
    // Without a buffer: asks for the first configure.
    main().commit();
}

Window::~Window() = default;

// --- what the device says ------------------------------------------------------------------------

void Window::attach(FramebufferRef framebuffer, const Rect& source) {
    next_ = Attached{std::move(framebuffer), source};
}

void Window::flush(const Region& damage, FlushDone done) {
    ++stats_.flushed;
    if (next_) {
        if (!attached_ || attached_->framebuffer != next_->framebuffer ||
            attached_->source != next_->source) {
            shown_generation_ = 0;
        }
        attached_ = std::exchange(next_, std::nullopt);
        damage_ = Region{attached_->source};
        update_guest_size();
    } else if (attached_) {
        Region inside = damage;
        inside.intersect(attached_->source);
        damage_.add(inside);
    } else {
        if (done) {
            done();
        }
        return;
    }
    count_copies();
    ++flushes_waiting_;
    if (!first_flush_) {
        first_flush_ = context_.loop.clock().now();
    }
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
    damage_.clear();
    flushes_waiting_ = 0;
    first_flush_.reset();
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

// --- size and shape ------------------------------------------------------------------------------

void Window::configured(const ToplevelState& state) {
    if (lost_) {
        return;
    }
    configured_ = true;
    suspended_ = state.suspended;
    idle_inhibit_.set_fullscreen(state.fullscreen);
    size_.configured(state);
    update_mode();
    relayout();
    update_visibility();
    update_blocked();
}

void Window::outputs_changed() {
    if (lost_) {
        return;
    }
    if (place_.came() && toplevel_.fullscreen()) {
        toplevel_.set_fullscreen(place_.fullscreen());
    }
    update_guest_size();
    const Layout next = layout();
    if (configured_ && next != surfaces_.layout()) {
        relayout();
    } else if (surfaces_.shows_picture() && attached_) {
        count_scale();
    }
    events_.output_changed();
}

const Output* Window::output() const {
    const auto& entered = surfaces_.main().outputs();
    for (auto it = entered.rbegin(); it != entered.rend(); ++it) {
        if (const Output* output = context_.outputs.find(*it)) {
            return output;
        }
    }
    return place_.expected();
}

Size Window::picture_size() const {
    return attached_ ? attached_->source.size() : options_.initial;
}

Layout Window::layout() const {
    const Size picture = picture_size();
    if (!surfaces_.can_scale()) {
        return {picture, Rect::of(picture)};
    }
    const Rect place = this->place();
    return {size_.current(), place, nearest_times(picture, place.size(), scale())};
}

Rect Window::place() const {
    const Size picture = picture_size();
    const Size window = size_.current();
    const bool can_letterbox = attached_ && surfaces_.can_letterbox();
    if (!can_letterbox) {
        return Rect::of(window);
    }
    // A black edge of some px is better than a picture of which no px is the guest's.
    const bool followed = !follows_guest() && follows_window(picture, window, scale());
    const Scaling scaling = followed ? Scaling::kNone : options_.scaling;
    return place_picture(scaling, picture, window, scale());
}

WindowView Window::view() {
    Surface* const picture = surfaces_.picture();
    return {.surface = surface(),
            .picture_surface = picture != nullptr ? picture->proxy() : surface(),
            .dark = !surfaces_.shows_picture(),
            .picture = picture_size(),
            .shown = surfaces_.layout().picture,
            .scale = scale(),
            .cursor = nullptr};
}

/// A compositor without viewports can show a picture at its own size only.
bool Window::resizable() const {
    return surfaces_.can_scale() && options_.resize != Resize::kFixed;
}

bool Window::follows_guest() const {
    return !resizable() || options_.resize == Resize::kScale;
}

std::optional<Size> Window::mode() const {
    return follows_guest() ? std::nullopt : std::optional{mode_.preferred()};
}

void Window::update_mode() {
    if (!follows_guest()) {
        // Not through logical px and back where the window has its first size: that may round.
        mode_.window_has(size_.chosen() ? to_buffer(size_.current(), scale()) : options_.initial);
    }
}

void Window::update_guest_size() {
    size_.set_guest(to_logical(follows_guest() ? picture_size() : options_.initial, scale()));
    update_mode();
}

void Window::limit_size() {
    if (resizable()) {
        toplevel_.set_size_limits(kSmallest, {});
    } else {
        const Size fixed = layout().window;
        toplevel_.set_size_limits(fixed, fixed);
    }
}

void Window::relayout() {
    if (!surfaces_.shows_picture() || !attached_) {
        show_black();
        return;
    }
    const Layout next = layout();
    const bool moves = WindowSurfaces::wanted(next) != surfaces_.content();
    // A picture whose buffer would have another size now: one that a viewport scales by a whole
    // number, or by none any more, is blurred.
    bool redraws = moves;
    if (moves || next.times != surfaces_.layout().times) {
        const Readiness readiness = prepare(next);
        redraws = moves || paths_.times_changed();
        if (redraws && readiness == Readiness::kReady) {
            damage_all();
            commit_picture();
            return;
        }
    }
    // Only the viewports change.
    limit_size();
    Surface& picture = surfaces_.prepare(surfaces_.content(), next, paths_);
    if (&picture != &main() && picture.resized()) {
        picture.commit();
    }
    main().commit();
    set_layout(next);
    count_scale();
    if (redraws) {
        // The picture must move to another surface or have another size in its buffer, and every
        // buffer is with the compositor: it stays as it is, scaled, until one comes back.
        damage_all();
        pacer_.set_blocked(true);
        static_cast<void>(pacer_.flush({}));
    }
}

void Window::set_layout(const Layout& layout) {
    if (surfaces_.set_layout(layout)) {
        events_.layout_changed();
    }
}

void Window::count_scale() {
    const Ratio shown = ratio(picture_size(), surfaces_.layout().picture.size(), scale());
    stats_.scale_x = shown.x;
    stats_.scale_y = shown.y;
    const double times = double{1} * paths_.times();
    if (shown != Ratio{times, times}) {
        stats_.filter = "compositor";
    } else {
        stats_.filter = paths_.times() == 1 ? "none" : "nearest";
    }
}

void Window::show_black() {
    if (lost_ || !configured_) {
        return;
    }
    const Layout next = layout();
    limit_size();
    if (surfaces_.show_black(next, paths_)) {
        pacer_.reset();
    }
    shown_generation_ = 0;
    frame_ = {};
    black_due_ = false;
    set_layout(next);
}

void Window::commit_black() {
    if (lost_ || !configured_) {
        return;
    }
    main().request_frame();
    show_black();
    frame_has_picture_ = false;
    pacer_.committed();
    rearm();
}

// --- commits and pace ----------------------------------------------------------------------------

void Window::set_paths(WindowPaths::List paths, std::string reason) {
    paths_.replace(std::move(paths), std::move(reason), surfaces_.picture());
    stats_.path_reason = paths_.reason();
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
    static_cast<void>(attached_->framebuffer->memory());
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
    const std::optional<TimePoint> flushed = std::exchange(first_flush_, std::nullopt);
    surface.request_frame();
    if (const TimePoint now = context_.loop.clock().now(); now >= feedback_due_) {
        feedback_due_ = now + kFeedbackEvery;
        feedback_.request(surface.proxy(), flushed);
    }
    const auto shown =
        paths_.show(surface, attached_->framebuffer, attached_->source, simplified(damage_));
    if (!shown) {
        first_flush_ = flushed;
        pacer_.set_blocked(true);
        events_.path_failed();
        return;
    }
    if (&surface != &main()) {
        main().commit();
    }
    frame_ = *shown;
    surfaces_.picture_committed(content);
    black_due_ = false;
    damage_.clear();
    count_commit(flushed);
    set_layout(next);
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
    frame_has_picture_ = false;
    flushes_waiting_ = 0;
    first_flush_.reset();
    pacer_.committed(frame_);
    rearm();
}

void Window::count_commit(std::optional<TimePoint> flushed) {
    count_copies();
    stats_.path = paths_.name();
    stats_.path_reason = paths_.reason();
    stats_.sync = paths_.explicit_sync() ? "explicit" : "implicit";
    ++stats_.committed;
    idle_inhibit_.picture_committed();
    if (flushes_waiting_ > 1) {
        stats_.merged += flushes_waiting_ - 1;
    }
    flushes_waiting_ = 0;
    if (flushed) {
        const TimePoint now = context_.loop.clock().now();
        stats_.flush_to_commit.add(now - *flushed);
        if (const TimePoint woken_at = context_.loop.woken_at(); *flushed >= woken_at) {
            stats_.kick_to_commit.add(now - woken_at);
        }
    }
    frame_has_picture_ = true;
    frame_flush_ = flushed;
}

void Window::count_copies() {
    stats_.bytes_copied += copied_.take(attached_->framebuffer->storage());
    stats_.bytes_copied += paths_.take_bytes_copied();
}

void Window::frame_done() {
    paths_.latched();
    if (std::exchange(frame_has_picture_, false)) {
        ++stats_.presented;
        if (feedback_.mute()) {
            presented(frame_flush_, context_.loop.clock().now());
        }
    }
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

void Window::presented(std::optional<TimePoint> flushed, TimePoint shown) {
    if (flushed) {
        // A test's clock, or a compositor's guess of the future, must not make it negative.
        stats_.flush_to_presented.add(std::max(shown - *flushed, Nanoseconds{0}));
    }
}

void Window::timer_due() {
    stats_.answered_by_timer += pacer_.expire();
    if (!pacer_.deadline()) {
        // Nobody waits for what is still to be committed, so its latency means nothing.
        first_flush_.reset();
    }
    update_visibility();
    rearm();
}

void Window::trim() {
    copied_.for_each([](MemoryPixels& pixels) { pixels.trim(); });
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
    const bool visible = !lost_ && !suspended_ && !pacer_.hidden();
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
