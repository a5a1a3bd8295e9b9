// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "core/result.h"
#include "scanout/flush_done.h"
#include "scanout/framebuffer.h"
#include "scanout/scanout_id.h"
#include "scanout/stats.h"

namespace oriel {

/// What a screen is like: the source of the guest's mode list and EDID.
struct ScreenInfo {
    /// A monitor is plugged in.
    bool connected = true;
    /// The mode the guest should prefer, in buffer px.
    Size preferred{1280, 800};
    uint32_t refresh_mhz = 60'000;
    /// The visible area of `preferred`, in mm; 0x0: unknown.
    Size physical_mm{};
    /// Top left corner in the guest's desktop, in buffer px.
    Point position{};
    friend bool operator==(const ScreenInfo&, const ScreenInfo&) = default;
};

/// What a user does to a screen while the VM runs.
struct ScreenChange {
    /// The monitor is plugged in, or pulled out.
    bool connected = true;
    /// The mode that the guest is to prefer from now on, buffer px; nothing: as before.
    std::optional<Size> preferred{};
    std::optional<uint32_t> refresh_mhz{};
    friend bool operator==(const ScreenChange&, const ScreenChange&) = default;
};

/// A guest's cursor image.
struct CursorImage {
    Size size;      ///< buffer px
    Point hotspot;  ///< buffer px from the top left corner; may lie outside
    /// size.area() pixels, rows without padding, DRM_FORMAT_ARGB8888, alpha premultiplied.
    std::vector<uint32_t> pixels;
};

/// What is told of screens: by a presenter to whoever uses it, and by a card (card/card.h) to its
/// sources.
class ScreenListener {
public:
    ScreenListener() = default;
    ScreenListener(const ScreenListener&) = delete;
    ScreenListener& operator=(const ScreenListener&) = delete;

    /// Display::screen() has changed: refresh rate, size in mm, preferred mode, place, or whether
    /// it is there at all.
    virtual void screen_changed(ScanoutId) {}
    /// Display::visible() has changed.
    virtual void visibility_changed(ScanoutId) {}
    /// The frame behind Display::frame_pending() is on the screen. What is flushed from inside this
    /// call goes out together with what waits already.
    virtual void frame_done(ScanoutId) {}

protected:
    ~ScreenListener() = default;
};

/// A source of pictures among several that share a card's screens.
class SourceListener : public ScreenListener {
public:
    /// The screen was another source's and is this one's again (true), or the other way round.
    virtual void screen_given(ScanoutId, bool) {}

protected:
    ~SourceListener() = default;
};

/// A presenter: shows scanouts in windows, in memory, or nowhere. Calls for an unknown scanout are
/// ignored.
class Display {
public:
    Display() = default;
    Display(const Display&) = delete;
    Display& operator=(const Display&) = delete;
    virtual ~Display() = default;

    /// From now on the scanout shows `source` (buffer px, inside the framebuffer) of `framebuffer`.
    /// Nothing is drawn until the flush that follows; all of it counts as damaged then. Cheap when
    /// called with a framebuffer seen before: page flips do.
    virtual void attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect& source) = 0;

    /// The attached framebuffer has changed in `damage` (framebuffer coordinates, buffer px).
    /// `done` is kept until the guest may go on; a presenter that ends answers what it still has.
    virtual void flush(ScanoutId scanout, const Region& damage, FlushDone done) = 0;

    /// A frame is on its way to the screen and DisplayEvents::frame_done() will say when it has got
    /// there: what is flushed before that waits for it. So whoever can leave copying for later
    /// should. False where nobody can see the scanout: no frame_done() comes then.
    [[nodiscard]] virtual bool frame_pending(ScanoutId) const { return false; }

    /// The scanout shows nothing (black) until the next attach. Flushes that wait are done.
    virtual void detach(ScanoutId scanout) = 0;

    /// Null hides the cursor.
    virtual void set_cursor(ScanoutId scanout, std::shared_ptr<const CursorImage> image) = 0;
    /// Position of the hot spot in the scanout, buffer px. Called at most once a loop turn.
    virtual void move_cursor(ScanoutId scanout, Point position) = 0;

    /// Whether anybody can see the scanout. While not, don't spend time on its pixels.
    [[nodiscard]] virtual bool visible(ScanoutId scanout) const = 0;

    /// Changes a screen as a user asks for it. A screen that is pulled out keeps what is attached,
    /// is visible to nobody, and shows it again once it is plugged in. screen() may have changed
    /// for all screens afterwards, since those beside it move; what has is told by
    /// DisplayEvents::screen_changed(), from inside the call.
    /// The error is one line for the user, and nothing has changed then.
    [[nodiscard]] virtual Result<void> set_screen(ScanoutId, const ScreenChange&) {
        return host_error("these screens can't be changed");
    }

    [[nodiscard]] virtual uint32_t scanout_count() const = 0;
    [[nodiscard]] virtual ScreenInfo screen(ScanoutId scanout) const = 0;
    [[nodiscard]] virtual const ScanoutStats& stats(ScanoutId scanout) const = 0;

    // What a card's sources need of the Display that each of them sees; presenters leave it alone.

    /// `listener` hears of the source's screens from now on. Lent until another one is named; null:
    /// nobody hears.
    virtual void listen(SourceListener*) {}
    /// The source was reset: its screens are the other sources' again, which show what they have
    /// without a dark moment. What it has attached is forgotten.
    virtual void release() {}
};

/// What a presenter tells whoever uses it.
class DisplayEvents : public ScreenListener {
public:
    virtual ~DisplayEvents() = default;

    /// The presenter can be used from now on, where it says that it can't from its construction on
    /// (wayland::make_presenter()). Comes at most once; the presenter may be destroyed from inside.
    virtual void display_ready() {}
    /// The user closed the window.
    virtual void close_requested(ScanoutId scanout) = 0;
    /// The presenter can't go on (the compositor is gone); `reason` is one line for the user.
    virtual void display_lost(const std::string& reason) = 0;
};

}  // namespace oriel
