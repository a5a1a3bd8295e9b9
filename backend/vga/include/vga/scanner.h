// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/event_loop.h"
#include "scanout/display.h"
#include "vga/dispi.h"

namespace oriel::vga {

/// Finds out what a guest has drawn into video memory without saying so, by comparing it with the
/// picture, and flushes that to a display.
///
/// It looks once a refresh period while the picture changes, less and less often while it doesn't
/// (4 Hz after a second), and not at all while nobody can see it. One flush is under way at a time.
class Scanner {
public:
    /// How long after the last change the full rate is kept.
    static constexpr Nanoseconds kFullRateFor{500'000'000};
    /// The longest time between two looks.
    static constexpr Nanoseconds kSlowest{250'000'000};

    /// All lent: `loop`, `display` (scanout 0 of it) and `memory` must outlive the scanner.
    Scanner(EventLoop& loop, Display& display, std::span<const std::byte> memory);

    /// Shows this 32 bpp mode, whose pixels lie inside the video memory. A new size gets a new
    /// framebuffer.
    void show(const DispiMode& mode);
    /// Dark.
    void hide();
    [[nodiscard]] bool showing() const { return mode_.has_value(); }

    /// VGA has the screen, or a virtio scanout has. With the screen, everything is flushed anew.
    void set_active(bool active);
    [[nodiscard]] bool active() const { return active_; }
    /// The display's visible() may have changed.
    void visibility_changed();
    /// A register was written: look again soon.
    void wake();
    /// Brings the picture up to date now, for a screenshot, even if nobody can see the screen.
    void update_picture();

private:
    class MemoryRows;

    void scan();
    void flushed(uint64_t attachment);
    void schedule();
    [[nodiscard]] Nanoseconds refresh_period() const;
    [[nodiscard]] bool watching() const;

    EventLoop& loop_;
    Display& display_;
    std::span<const std::byte> memory_;
    std::optional<DispiMode> mode_;
    FramebufferRef framebuffer_;
    /// Counts attach() calls: an answer to a flush of an earlier one is stale.
    uint64_t attachment_ = 0;
    bool active_ = true;
    /// In the picture, but not flushed yet.
    Region unflushed_;
    bool awaiting_answer_ = false;
    TimePoint last_scan_{};
    TimePoint last_change_{};
    Nanoseconds interval_{0};
    Timer timer_;
};

}  // namespace oriel::vga
