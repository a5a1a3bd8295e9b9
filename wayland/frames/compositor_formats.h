// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "connection/globals.h"
#include "core/event_loop.h"
#include "frames/dmabuf_feedback.h"
#include "frames/dmabuf_formats.h"
#include "surface/surface.h"
#include "sync/release_points.h"

namespace oriel::wayland {

/// Who hears of CompositorFormats.
class FormatsListener {
public:
    FormatsListener() = default;
    FormatsListener(const FormatsListener&) = delete;
    FormatsListener& operator=(const FormatsListener&) = delete;

    /// They are others, or known for the first time.
    virtual void formats_changed() = 0;

protected:
    ~FormatsListener() = default;
};

/// What the compositor takes as a dma-buf in one window: in general at first, then on the surface
/// that shows the picture.
class CompositorFormats final : private FeedbackListener {
public:
    /// A compositor that hasn't answered by then is taken to refuse, until it does answer.
    static constexpr Nanoseconds kPatience{500'000'000};

    /// All is lent and must outlive this; `globals` has a zwp_linux_dmabuf_v1; `announced` is of
    /// version 3, newer ones are asked; `points` (null: none) is told the compositor's device.
    CompositorFormats(const EventLoop& loop, const Globals& globals,
                      const AnnouncedFormats& announced, ReleasePoints* points,
                      FormatsListener& listener);

    /// The compositor has said it.
    [[nodiscard]] bool known() const { return known_; }
    /// It hasn't, for so long that it is taken to take nothing.
    [[nodiscard]] bool overdue() const;
    [[nodiscard]] const DmabufFormats& formats() const { return formats_; }
    /// What is wrong with what it said, in a few words; empty if nothing is.
    [[nodiscard]] const std::string& problem() const { return problem_; }
    /// Counts changes: what was refused by an older one may be tried again. Never 0.
    [[nodiscard]] uint64_t serial() const { return serial_; }

    /// From now on what it says of this surface (null: of none in particular) counts.
    void follow(const Surface* surface);
    /// The connection is gone.
    void connection_lost() { feedback_.reset(); }

private:
    void feedback_complete() override;
    [[nodiscard]] bool can_ask() const;

    const EventLoop& loop_;
    const Globals& globals_;
    ReleasePoints* points_;
    FormatsListener& listener_;
    DmabufFormats formats_;
    std::string problem_;
    bool known_ = false;
    TimePoint asked_;
    uint64_t serial_ = 1;
    std::unique_ptr<DmabufFeedback> feedback_;
    /// Whose feedback that is.
    const Surface* followed_ = nullptr;
};

}  // namespace oriel::wayland
