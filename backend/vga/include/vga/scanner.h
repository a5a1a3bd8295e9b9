// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>

#include "core/event_loop.h"
#include "core/log.h"
#include "core/weak.h"
#include "scanout/display.h"
#include "vga/layout.h"
#include "vga/picture.h"
#include "vga/pixel_rows.h"

namespace oriel::vga {

/// What is to be on the screen: colours, or memory that becomes colours.
using Screen = std::variant<PixelMode, Layout>;

/// Finds out what a guest has drawn into video memory without saying so, by comparing it with the
/// picture, and flushes that to a display.
///
/// It looks once a refresh period while the picture changes, less and less often while it doesn't
/// (4 Hz after a second), when something is to blink, and not at all while nobody can see it. One
/// flush is under way at a time. A picture is attached only when it is complete. A look at a large
/// one is cut into turns of the loop.
class Scanner final : private FlushOwner {
public:
    /// The display's scanout that a VGA shows; it has no other.
    static constexpr ScanoutId kScanout = 0;
    /// How long after the last change the full rate is kept.
    static constexpr Nanoseconds kFullRateFor{500'000'000};
    /// The longest time between two looks.
    static constexpr Nanoseconds kSlowest{250'000'000};
    /// How long the cursor is shown, and then not: 16 frames of 60 Hz. Text takes twice as long.
    static constexpr Nanoseconds kBlinkPhase{16 * 1'000'000'000LL / 60};

    /// All lent: `loop`, `display` and `memory` must outlive the scanner.
    Scanner(EventLoop& loop, Display& display, std::span<const std::byte> memory);

    /// Shows this screen, whose pixels lie inside the video memory. A new size or kind gets a new
    /// framebuffer.
    void show(Screen screen);
    /// Dark.
    void hide();
    [[nodiscard]] bool showing() const { return screen_.has_value(); }
    /// Keeps what is on the screen, whatever the memory says, until the next show().
    void pause();

    /// Cursor and text that blink are always shown.
    void freeze_blink(bool freeze) { freeze_blink_ = freeze; }

    /// VGA has the screen, or another source has. With the screen, everything is flushed anew.
    void set_active(bool active);
    [[nodiscard]] bool active() const { return active_; }
    /// The display's visible() may have changed.
    void visibility_changed();
    /// Something was written: look again soon.
    void wake();
    /// Looks and flushes now: the picture is about to go.
    void look_now();
    /// Brings the picture up to date now, for a screenshot, even if nobody can see the screen.
    void update_picture();

private:
    void begin_scan();
    void scan();
    /// Goes on with a scan that was cut.
    void scan_on();
    void end_scan();
    void due();
    void attach();
    /// `attachment` is the attachment_ of the flush.
    void flush_done(uint64_t attachment) override;
    void schedule();
    [[nodiscard]] bool create_picture(const Screen& screen);
    /// Looks at the next rows. False: there are more, and this turn has no time for them.
    [[nodiscard]] bool look_on();
    void look_at(uint32_t rows);
    void look_at_all();
    [[nodiscard]] Nanoseconds refresh_period() const;
    [[nodiscard]] bool wants_scan() const;
    [[nodiscard]] BlinkPhase phase() const;
    [[nodiscard]] TimePoint next_phase() const;

    EventLoop& loop_;
    Display& display_;
    std::span<const std::byte> memory_;
    std::optional<Screen> screen_;
    FramebufferRef framebuffer_;
    /// framebuffer_'s, if screen_ is a Layout.
    std::shared_ptr<Picture> picture_;
    /// framebuffer_ is not what the display shows.
    bool needs_attach_ = false;
    /// Counts attach() calls: an answer to a flush of an earlier one is stale.
    uint64_t attachment_ = 0;
    bool active_ = true;
    bool paused_ = false;
    bool freeze_blink_ = false;
    /// In the picture, but not flushed yet.
    Region unflushed_;
    bool awaiting_answer_ = false;
    /// A scan that is under way: the first row that it has not looked at, and what it has found.
    uint32_t next_row_ = 0;
    bool has_changed_ = false;
    DeferredCall scan_on_;
    TimePoint last_scan_{};
    TimePoint last_change_{};
    Nanoseconds interval_{0};
    Timer timer_;
    LogLimiter log_limiter_;
    WeakOwner<FlushOwner> answers_{this};
};

}  // namespace oriel::vga
