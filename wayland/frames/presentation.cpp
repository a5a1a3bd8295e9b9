// SPDX-License-Identifier: MIT
#include "frames/presentation.h"

#include <chrono>

namespace oriel::wayland {
namespace {

// A compositor that neither shows nor discards (it doesn't draw hidden windows) must not make the
// list grow.
constexpr size_t kMaxPending = 16;
// An output that scans out late has a frame or two under way.
constexpr size_t kMute = 8;

/// What a compositor says beyond that (in its clock, 126 years) has no room in nanoseconds, or
/// little.
constexpr uint64_t kLatestSecond = 4'000'000'000;
/// A frame was shown a moment ago: a time further off is a mistake of the compositor's, and would
/// be in all sums of latencies from then on.
constexpr Nanoseconds kPlausible{10'000'000'000};

}  // namespace

Presentation::Presentation(wp_presentation* wp, const Clock& clock) : wp_{wp}, clock_{clock} {
    if (wp_ == nullptr) {
        return;
    }
    static constexpr wp_presentation_listener listener{
        .clock_id = [](void* data, wp_presentation*, uint32_t id) {
            static_cast<Presentation*>(data)->clock_id_ = static_cast<clockid_t>(id);
        }};
    wp_presentation_add_listener(wp_, &listener, this);
}

TimePoint Presentation::to_local(uint64_t seconds, uint32_t nanoseconds) const {
    const TimePoint now = clock_.now();
    if (seconds > kLatestSecond) {
        return now;
    }
    TimePoint shown{std::chrono::seconds{static_cast<int64_t>(seconds)} + Nanoseconds{nanoseconds}};
    if (clock_id_ != CLOCK_MONOTONIC) {
        // The two clocks may drift against each other, so the distance is taken anew each time.
        timespec there{};
        if (::clock_gettime(clock_id_, &there) != 0) {
            return now;
        }
        shown += now - TimePoint{std::chrono::seconds{there.tv_sec} + Nanoseconds{there.tv_nsec}};
    }
    return std::chrono::abs(shown - now) <= kPlausible ? shown : now;
}

const wp_presentation_feedback_listener PresentationFeedback::kListener{
    .sync_output = [](void*, struct wp_presentation_feedback*, wl_output*) {},
    .presented =
        [](void* data, struct wp_presentation_feedback*, uint32_t seconds_high,
           uint32_t seconds_low, uint32_t nanoseconds, uint32_t, uint32_t, uint32_t,
           uint32_t kind) {
            auto* pending = static_cast<Pending*>(data);
            const uint64_t seconds = uint64_t{seconds_high} << 32 | seconds_low;
            auto& owner = *pending->owner;
            owner.finish(pending, owner.presentation_.to_local(seconds, nanoseconds), kind);
        },
    .discarded =
        [](void* data, struct wp_presentation_feedback*) {
            auto* pending = static_cast<Pending*>(data);
            pending->owner->finish(pending, std::nullopt);
        },
};

void PresentationFeedback::request(wl_surface* surface, std::optional<TimePoint> flushed) {
    if (!presentation_.offered()) {
        return;
    }
    if (pending_.size() >= kMaxPending) {
        pending_.pop_front();
    }
    pending_.push_back(Pending{.owner = this,
                               .flushed = flushed,
                               .proxy = Proxy<struct wp_presentation_feedback>{
                                   wp_presentation_feedback(presentation_.proxy(), surface)}});
    Pending& pending = pending_.back();
    wp_presentation_feedback_add_listener(pending.proxy.get(), &kListener, &pending);
}

bool PresentationFeedback::mute() const {
    return !presentation_.offered() || (!answered_ && pending_.size() >= kMute);
}

void PresentationFeedback::finish(Pending* pending, std::optional<TimePoint> shown, uint32_t kind) {
    answered_ = true;
    const std::optional<TimePoint> flushed = pending->flushed;
    pending_.remove_if([pending](const Pending& p) { return &p == pending; });
    if (shown) {
        listener_.presented(flushed, *shown, (kind & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY) != 0);
    }
}

}  // namespace oriel::wayland
