// SPDX-License-Identifier: MIT
#pragma once

#include <time.h>

#include <cstdint>
#include <functional>
#include <list>
#include <optional>

#include "connection/proxies.h"
#include "core/clock.h"

namespace oriel::wayland {

/// When a frame was shown, in the time of our own clock.
class Presentation {
public:
    /// `wp` may be null. Both are lent and must outlive this.
    Presentation(wp_presentation* wp, const Clock& clock);
    Presentation(const Presentation&) = delete;
    Presentation& operator=(const Presentation&) = delete;

    [[nodiscard]] bool offered() const { return wp_ != nullptr; }
    [[nodiscard]] wp_presentation* proxy() const { return wp_; }

    /// Timestamps of presentation feedback are in the compositor's clock
    /// (wp_presentation.clock_id), which need not be ours.
    [[nodiscard]] TimePoint to_local(uint64_t seconds, uint32_t nanoseconds) const;

private:
    wp_presentation* wp_;
    const Clock& clock_;
    clockid_t clock_id_ = CLOCK_MONOTONIC;
};

/// The feedback that the commits of one window wait for.
class PresentationFeedback {
public:
    /// Called for a commit that was shown: with the tag given to request(), and whether the
    /// compositor composed nothing for it (kind.zero_copy).
    using Presented =
        std::function<void(std::optional<TimePoint> tag, TimePoint shown, bool zero_copy)>;

    /// `presentation` is lent and must outlive this.
    PresentationFeedback(const Presentation& presentation, Presented presented)
        : presentation_{presentation}, presented_{std::move(presented)} {}
    PresentationFeedback(const PresentationFeedback&) = delete;
    PresentationFeedback& operator=(const PresentationFeedback&) = delete;

    /// Asks for the next commit of `surface`. Does nothing where the compositor can't tell.
    void request(wl_surface* surface, std::optional<TimePoint> tag);

    /// The compositor can't tell: it offers no wp_presentation, or never answers (wlroots without a
    /// real output).
    [[nodiscard]] bool mute() const;

private:
    struct Pending {
        PresentationFeedback* owner;
        std::optional<TimePoint> tag;
        Proxy<struct wp_presentation_feedback> proxy;
    };
    static const wp_presentation_feedback_listener kListener;

    void finish(Pending* pending, std::optional<TimePoint> shown, uint32_t kind = 0);

    const Presentation& presentation_;
    Presented presented_;
    // A list: the proxies hold the addresses.
    std::list<Pending> pending_;
    bool answered_ = false;
};

}  // namespace oriel::wayland
