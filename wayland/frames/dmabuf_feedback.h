// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/unique_fd.h"
#include "frames/dmabuf_formats.h"
#include "protocol/linux_dmabuf_v1.h"

namespace oriel::wayland {

/// What zwp_linux_dmabuf_v1 3 says of itself once, after it was bound. Newer ones say it by
/// DmabufFeedback, for each surface and again when it changes.
class AnnouncedFormats {
public:
    /// `dmabuf` is lent and must outlive this. Complete once the next sync is answered.
    explicit AnnouncedFormats(zwp_linux_dmabuf_v1* dmabuf);
    AnnouncedFormats(const AnnouncedFormats&) = delete;
    AnnouncedFormats& operator=(const AnnouncedFormats&) = delete;

    [[nodiscard]] DmabufFormats formats() const;

private:
    static const zwp_linux_dmabuf_v1_listener kListener;
    DmabufFormats::Tranche pairs_;
};

/// Who asked for a feedback.
class FeedbackListener {
public:
    FeedbackListener() = default;
    FeedbackListener(const FeedbackListener&) = delete;
    FeedbackListener& operator=(const FeedbackListener&) = delete;

    /// A complete feedback is there. May destroy the DmabufFeedback.
    virtual void feedback_complete() = 0;

protected:
    ~FeedbackListener() = default;
};

/// A zwp_linux_dmabuf_feedback_v1: what a compositor takes as a dma-buf now, in general or on one
/// surface. What a confused compositor says is never believed in part: then it takes nothing.
class DmabufFeedback {
public:
    /// `listener` is lent and must outlive this.
    DmabufFeedback(Proxy<zwp_linux_dmabuf_feedback_v1> proxy, FeedbackListener& listener);
    DmabufFeedback(const DmabufFeedback&) = delete;
    DmabufFeedback& operator=(const DmabufFeedback&) = delete;

    // What the newest complete feedback says:
    [[nodiscard]] const DmabufFormats& formats() const { return formats_; }
    /// What is wrong with it, in a few words; empty if nothing is.
    [[nodiscard]] const std::string& problem() const { return problem_; }
    /// The DRM device that the compositor draws with, whichever of its nodes; unset if it names
    /// none.
    [[nodiscard]] std::optional<dev_t> main_device() const { return main_device_; }

private:
    static const zwp_linux_dmabuf_feedback_v1_listener kListener;

    void read_table(const UniqueFd& fd, uint32_t size);
    void add_formats(const wl_array& indices);
    void finish_tranche();
    void finish();

    Proxy<zwp_linux_dmabuf_feedback_v1> proxy_;
    FeedbackListener& listener_;
    DmabufFormats formats_;
    std::string problem_;
    std::optional<dev_t> main_device_;

    /// Stays from one feedback to the next until the compositor sends another.
    std::vector<DmabufFormats::Pair> table_;
    // What has been said since the last complete one.
    struct Pending {
        DmabufFormats formats;
        DmabufFormats::Tranche tranche;
        std::string problem;
        std::optional<dev_t> main_device;
    };
    Pending pending_;
};

}  // namespace oriel::wayland
