// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "scanout/latency.h"

namespace oriel {

/// What a presenter counts for each scanout; all counters since the start.
struct ScanoutStats {
    /// "direct", "gles", "upload", "shm", "headless"; "none" before the first frame.
    std::string path = "none";
    /// Why not a better one, in a few words; empty for the best one.
    std::string path_reason;
    /// How the compositor gives buffers back: "implicit" by wl_buffer.release, "explicit" by the
    /// points of wp_linux_drm_syncobj_v1; "none" before the first frame, and where nobody gives
    /// any.
    std::string sync = "none";
    /// Px of the output per px of the guest; 0 before the first frame, and where there is no
    /// output.
    double scale_x = 0;
    double scale_y = 0;
    /// How a px of the guest becomes px of the output: "none", it is one; "nearest", it is a square
    /// of them, exactly; "compositor", as that scales, which is linear as a rule; "linear", done
    /// here because the compositor can't. What a guest drew itself and is shown without a copy
    /// (path direct) can only be scaled by the compositor. "none" before the first frame.
    std::string filter = "none";
    uint64_t flushed = 0;    ///< flushes that the device asked for
    uint64_t committed = 0;  ///< wl_surface.commit with a new picture
    uint64_t presented = 0;  ///< of those, latched by the compositor (its frame callback came)
    uint64_t merged = 0;     ///< flushes that went out together with a later one
    uint64_t answered_by_timer = 0;  ///< flushes answered although nothing was shown
    /// Frames of which wp_presentation told how they got to the screen, two a second at most, and
    /// of those the ones that the screen's hardware took from the buffer where it was
    /// (wp_presentation_feedback.kind.zero_copy).
    uint64_t feedbacks = 0;
    uint64_t zero_copy = 0;
    /// Bytes of pixels copied for this scanout: transfers, catching up, texture uploads.
    uint64_t bytes_copied = 0;
    LatencyHistogram flush_to_commit;
    /// From the kick's arrival in this process to wl_surface.commit, of the commits that were made
    /// at once.
    LatencyHistogram kick_to_commit;
    /// By wp_presentation, for two frames a second; without it by the frame callback.
    LatencyHistogram flush_to_presented;
};

}  // namespace oriel
