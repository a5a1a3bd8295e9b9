// SPDX-License-Identifier: MIT
#include "scanout/screen_feed.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace oriel {
namespace {

// A blinking cursor must not make us give memory back and take it again.
constexpr Nanoseconds kIdle{5'000'000'000};

}  // namespace

ScreenFeed::SeenPicture::~SeenPicture() {
    if (const FramebufferRef alive = framebuffer.lock()) {
        alive->trim_memory();
    }
}

void ScreenFeed::SeenPicture::idle() const {
    const FramebufferRef alive = framebuffer.lock();
    if (alive && alive->storage()) {
        alive->storage()->trim();
    }
}

ScreenFeed::ScreenFeed(EventLoop& loop, FrameSink& sink, FrameClock frame_clock)
    : loop_{loop},
      sink_{sink},
      frame_clock_{frame_clock},
      meter_{loop},
      pacer_{loop.clock(), frame_clock == FrameClock::kNone ? FramePacer::Frames::kAtOnce
                                                            : FramePacer::Frames::kByCallback},
      answer_timer_{loop, [this] { answer_late(); }},
      rest_timer_{loop, [this] { look_after_rest(); }} {}

// --- what the device says ------------------------------------------------------------------------

void ScreenFeed::flush(const Region& damage, FlushDone done) {
    meter_.flushed();
    if (next_) {
        show_next();
    } else if (attached_) {
        add_damage(damage);
    } else {
        return;  // the end of `done` is the answer
    }
    meter_.count_copies(*attached_->framebuffer);
    meter_.waits();
    if (!pacer_.awaiting_frame()) {
        pacer_.set_blocked(blocked());
    }
    if (pacer_.flush(std::move(done)) == FramePacer::Action::kCommit) {
        commit_due();
    }
    arm_answer_timer();
}

void ScreenFeed::show_next() {
    if (attached_ != next_) {
        shown_generation_ = 0;
    }
    attached_ = std::exchange(next_, std::nullopt);
    damage_.set(attached_->source);
    const FramebufferRef& framebuffer = attached_->framebuffer;
    if (seen_pictures_.find(framebuffer->generation()) == nullptr) {
        seen_pictures_.remove_if(
            [](const SeenPicture& picture) { return picture.framebuffer.expired(); });
        static_cast<void>(seen_pictures_.make(framebuffer->generation(), framebuffer));
    }
    sink_.picture_changed(&*attached_);
}

void ScreenFeed::add_damage(const Region& damage) {
    const Rect all = Rect::of(attached_->framebuffer->size());
    if (attached_->source == all && damage.bounds().inside(all.size())) {
        damage_.add(damage);
        return;
    }
    Region inside = damage;
    inside.intersect(attached_->source);
    damage_.add(inside);
}

void ScreenFeed::detach() {
    next_.reset();
    attached_.reset();
    sink_.picture_changed(nullptr);
    damage_.clear();
    meter_.dropped();
    if (sink_.shows_picture()) {
        black_due_ = true;
        // Black keeps the compositor's pace as pictures do.
        if (!pacer_.awaiting_frame()) {
            commit_black();
        }
    }
    pacer_.drop();
    update_timers();
}

// --- what the sink says --------------------------------------------------------------------------

void ScreenFeed::sink_ready() {
    if (pacer_.commit_due() && !pacer_.awaiting_frame()) {
        if (blocked()) {
            pacer_.set_blocked(true);
        } else if (pacer_.unblocked() == FramePacer::Action::kCommit) {
            commit_due();
        }
    }
    // While a frame is on its way nothing can be committed, and what can_commit() might copy would
    // only be copied again: frame_done() asks anew.
    arm_answer_timer();
}

void ScreenFeed::frame_done(bool is_presented) {
    meter_.latched(is_presented);
    static_cast<void>(pacer_.frame_done());
    // First, so that a frame which was kept for this moment goes out with what waits already.
    sink_.frame_shown();
    if (pacer_.awaiting_frame()) {
        // It has.
    } else if (pacer_.commit_due()) {
        const bool wait = blocked();
        pacer_.set_blocked(wait);
        if (!wait) {
            commit_due();
        }
    } else if (black_due_ && !attached_) {
        commit_black();
    }
    update_timers();
}

void ScreenFeed::buffer_released(uint64_t buffer) {
    if (frame_.pixels == CommittedFrame::Pixels::kRead && frame_.buffer == buffer) {
        // It isn't read again until it is drawn again: a commit without a picture waits for
        // nothing.
        frame_ = {};
    }
    pacer_.released(buffer);
    arm_answer_timer();
}

void ScreenFeed::redraw() {
    if (!attached_) {
        return;
    }
    damage_all();
    pacer_.set_blocked(blocked());
    if (pacer_.flush({}) == FramePacer::Action::kCommit) {
        commit_due();
    }
    arm_answer_timer();
}

void ScreenFeed::redraw_now() {
    damage_all();
    commit_picture();
    arm_answer_timer();
}

void ScreenFeed::black_shown(bool frame_lost) {
    shown_generation_ = 0;
    frame_ = {};
    black_due_ = false;
    if (frame_lost) {
        pacer_.reset();
    }
}

void ScreenFeed::sink_gone() {
    shown_generation_ = 0;
    frame_ = {};
    black_due_ = false;
    meter_.dropped();
    meter_.committed_nothing();
    pacer_.set_blocked(true);
    // Last: the answers may bring the next flush.
    pacer_.reset();
    update_timers();
}

void ScreenFeed::sink_blocked() {
    pacer_.set_blocked(true);
    update_timers();
}

void ScreenFeed::set_seen(bool seen) {
    seen_ = seen;
    update_visibility();
}

// --- commits -------------------------------------------------------------------------------------

bool ScreenFeed::blocked() {
    return !attached_ || !sink_.can_commit(*attached_, !damage_.empty());
}

void ScreenFeed::damage_all() {
    damage_.set(attached_->source);
    shown_generation_ = 0;
}

const DmabufPixels* ScreenFeed::copied_pixels() const {
    const Framebuffer& framebuffer = *attached_->framebuffer;
    const DmabufPixels* pixels = framebuffer.dmabuf();
    return pixels != nullptr && !sink_.shows_in_place(framebuffer) ? pixels : nullptr;
}

void ScreenFeed::narrow_damage() {
    const DmabufPixels* pixels = copied_pixels();
    if (pixels == nullptr || !pixels->storage()) {
        shown_generation_ = 0;
        return;
    }
    const uint64_t generation = attached_->framebuffer->generation();
    if (std::exchange(shown_generation_, generation) == generation) {
        damage_.intersect(pixels->changed_since(shown_copy_));
    }
    shown_copy_ = pixels->copies();
}

void ScreenFeed::commit_due() {
    if (!damage_.empty()) {
        narrow_damage();
    }
    if (damage_.empty()) {
        commit_unchanged();
    } else {
        commit_picture();
    }
}

void ScreenFeed::commit_picture() {
    assert(attached_);
    // Asked before: a sink that reads what there is may complete the copy, which this commit's
    // damage says nothing of.
    const DmabufPixels* pixels = copied_pixels();
    const Region flushed = pixels != nullptr ? pixels->flushed_during_copy() : Region{};
    const auto committed = sink_.commit_picture(*attached_, damage_.region());
    if (!committed) {
        pacer_.set_blocked(true);
        return;
    }
    frame_ = *committed;
    black_due_ = false;
    damage_.clear();
    add_damage(flushed);
    meter_.committed(*attached_->framebuffer);
    last_picture_ = loop_.clock().now();
    trim_due_ = frame_clock_ == FrameClock::kCompositor;
    const bool more = !damage_.empty();
    frame_committed(frame_);
    if (more && attached_) {
        // The next frame is due already.
        static_cast<void>(pacer_.flush({}));
    }
}

void ScreenFeed::commit_unchanged() {
    // Nothing has changed, but the guest is to keep the compositor's pace all the same.
    sink_.commit_unchanged();
    meter_.committed_nothing();
    meter_.dropped();
    frame_committed(frame_);
}

void ScreenFeed::commit_black() {
    if (sink_.commit_black()) {
        meter_.committed_nothing();
        frame_committed({});
    }
}

void ScreenFeed::frame_committed(const CommittedFrame& frame) {
    if (frame_clock_ == FrameClock::kNone) {
        meter_.latched(true);
    }
    pacer_.committed(frame);
    arm_rest_timer();
}

// --- time ----------------------------------------------------------------------------------------

void ScreenFeed::answer_late() {
    meter_.answered_by_timer(pacer_.expire());
    if (!pacer_.deadline()) {
        meter_.nobody_waits();
    }
    update_timers();
}

void ScreenFeed::arm_answer_timer() {
    const std::optional<TimePoint> next = pacer_.deadline();
    if (next == answer_timer_.deadline()) {
        return;
    }
    if (next) {
        answer_timer_.arm_at(*next);
    } else {
        answer_timer_.disarm();
    }
}

void ScreenFeed::look_after_rest() {
    update_visibility();
    if (trim_due_ && loop_.clock().now() >= last_picture_ + kIdle) {
        trim_due_ = false;
        seen_pictures_.for_each([](const SeenPicture& picture) { picture.idle(); });
        sink_.trim();
    }
    arm_rest_timer();
}

void ScreenFeed::arm_rest_timer() {
    if (frame_clock_ != FrameClock::kCompositor) {
        return;
    }
    std::optional<TimePoint> next;
    if (trim_due_) {
        next = last_picture_ + kIdle;
    }
    if (const auto hidden_at = pacer_.hidden_at(); visible_ && hidden_at) {
        next = next ? std::min(*next, *hidden_at) : *hidden_at;
    }
    // Exact, also when that is later than before: a frame's silence is over when the compositor
    // has answered, and a timer left behind would wake the process once more for nothing.
    if (next == rest_timer_.deadline()) {
        return;
    }
    if (next) {
        rest_timer_.arm_at(*next);
    } else {
        rest_timer_.disarm();
    }
}

void ScreenFeed::update_visibility() {
    const bool hidden = frame_clock_ == FrameClock::kCompositor && pacer_.hidden();
    const bool visible = seen_ && !hidden;
    if (visible != visible_) {
        visible_ = visible;
        sink_.visibility_changed(visible);
        if (visible) {
            arm_rest_timer();
        }
    }
}

}  // namespace oriel
