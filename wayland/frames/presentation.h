// SPDX-License-Identifier: MIT
#pragma once

#include <time.h>

#include <cstdint>
#include <list>
#include <optional>

#include "core/clock.h"
#include "protocol/presentation_time.h"

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
    /// (wp_presentation.clock_id), which need not be ours. One that can't be true counts as now.
    [[nodiscard]] TimePoint to_local(uint64_t seconds, uint32_t nanoseconds) const;

private:
    wp_presentation* wp_;
    const Clock& clock_;
    clockid_t clock_id_ = CLOCK_MONOTONIC;
};

/// Who hears when commits were shown.
class PresentationListener {
public:
    PresentationListener() = default;
    PresentationListener(const PresentationListener&) = delete;
    PresentationListener& operator=(const PresentationListener&) = delete;

    /// A commit was shown. `flushed`: what request() was given with it. `zero_copy`: the compositor
    /// composed nothing for it (kind.zero_copy).
    virtual void presented(std::optional<TimePoint> flushed, TimePoint shown, bool zero_copy) = 0;

protected:
    ~PresentationListener() = default;
};

/// The feedback that the commits of one window wait for.
class PresentationFeedback {
public:
    /// Both are lent and must outlive this.
    PresentationFeedback(const Presentation& presentation, PresentationListener& listener)
        : presentation_{presentation}, listener_{listener} {}
    PresentationFeedback(const PresentationFeedback&) = delete;
    PresentationFeedback& operator=(const PresentationFeedback&) = delete;

    /// Asks for the next commit of `surface`. Does nothing where the compositor can't tell.
    void request(wl_surface* surface, std::optional<TimePoint> flushed);

    /// The compositor can't tell: it offers no wp_presentation, or never answers (wlroots without a
    /// real output).
    [[nodiscard]] bool mute() const;

private:
    struct Pending {
        PresentationFeedback* owner;
        std::optional<TimePoint> flushed;
        Proxy<struct wp_presentation_feedback> proxy;
    };
    static const wp_presentation_feedback_listener kListener;

    void finish(Pending* pending, std::optional<TimePoint> shown, uint32_t kind = 0);

    const Presentation& presentation_;
    PresentationListener& listener_;
    // A list: the proxies hold the addresses.
    std::list<Pending> pending_;
    bool answered_ = false;
};

}  // namespace oriel::wayland
