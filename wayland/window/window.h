// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "frames/presentation.h"
#include "frames/window_paths.h"
#include "hints/idle_inhibit.h"
#include "output/output.h"
#include "output/output_rule.h"
#include "scanout/display.h"
#include "scanout/pacing.h"
#include "seat/input_context.h"
#include "shell/shell_xdg.h"
#include "window/frame_meter.h"
#include "window/guest_mode.h"
#include "window/window_size.h"
#include "window/window_surfaces.h"
#include "window/window_title.h"

namespace oriel::wayland {

/// What all windows share; lent, outlives them.
struct WindowContext {
    EventLoop& loop;
    const Globals& globals;
    const Outputs& outputs;
    const Presentation& presentation;
    /// Null: the compositor's frames, or none.
    Decorations* decorations = nullptr;
    DecorationsChoice decorations_choice = DecorationsChoice::kAuto;
};

struct WindowOptions {
    std::string title;
    std::string app_id;
    bool fullscreen = false;
    /// Where the window belongs, see OutputRule.
    std::string output_name;
    size_t output_index = 0;
    Scaling scaling = Scaling::kFit;
    Resize resize = Resize::kScale;
    LatencyChoice latency = LatencyChoice::kNormal;
    bool inhibit_idle = false;
    /// Size in buffer px before a guest shows anything.
    Size initial;
};

/// One scanout's window: what it shows, how large it is, and when it commits. There is none on
/// screen while the monitor isn't plugged in: flushes are answered by the timer then.
class Window {
public:
    struct Events {
        std::function<void()> closed;
        /// The frame callback came. What is flushed from inside goes out at once.
        std::function<void()> frame_done;
        std::function<void()> visibility_changed;
        /// output() has changed, or its state.
        std::function<void()> output_changed;
        /// mode() has changed.
        std::function<void()> mode_changed;
        /// show() has failed: this path can't be used.
        std::function<void()> path_failed;
        /// The picture's scale, or the surfaces, have changed: the cursor's size too.
        std::function<void()> layout_changed;
    };

    Window(const WindowContext& context, WindowOptions options, Events events);
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;
    ~Window();

    // Display, for this scanout:
    void attach(FramebufferRef framebuffer, const Rect& source);
    void flush(const Region& damage, FlushDone done);
    void detach();
    [[nodiscard]] bool visible() const { return visible_; }
    [[nodiscard]] bool frame_pending() const {
        return visible_ && !pacer_.hidden() && pacer_.awaiting_frame();
    }
    [[nodiscard]] const ScanoutStats& stats() const { return meter_.stats(); }

    /// Takes other paths from now on (WindowPaths::replace()); all of the picture counts as
    /// damaged.
    void set_paths(WindowPaths::List paths, std::string reason);
    /// PathEvents::changed: a commit that waited may be possible.
    void path_changed();
    /// PathEvents::released.
    void buffer_released(uint64_t buffer);
    /// An output has changed, come or gone.
    void outputs_changed();
    /// The compositor is gone. Flushes are answered by the timer from now on.
    void connection_lost();
    /// The monitor is pulled out, or plugged in (again): the window goes, or comes as it was and
    /// shows what is attached.
    void set_plugged(bool plugged);
    [[nodiscard]] bool plugged() const { return toplevel_.has_value(); }
    /// The user wants the guest to prefer this mode, buffer px: the window gets that size, where
    /// its size isn't the compositor's to choose.
    void ask_mode(Size mode);
    /// The refresh rate that the guest is told.
    void set_refresh(uint32_t refresh_mhz) { pacer_.set_refresh(refresh_mhz); }

    /// Where the window is; null if there is no output.
    [[nodiscard]] const Output* output() const;
    /// The mode that this window's size asks for, in buffer px; nothing where that isn't its part.
    [[nodiscard]] std::optional<Size> mode() const;
    /// The pointer's surface is one of this window's.
    [[nodiscard]] bool owns(const wl_surface* surface) const { return surfaces_.owns(surface); }
    [[nodiscard]] wl_surface* surface() { return main().proxy(); }
    /// But for the scanout and the cursor, which somebody else knows.
    [[nodiscard]] WindowView view();

    /// What the title says last.
    void set_title_hint(const std::string& hint) { show_title(title_.set_hint(hint)); }
    void toggle_fullscreen() {
        if (toplevel_) {
            toplevel_->toggle_fullscreen(place_.fullscreen());
        }
    }

private:
    struct Attached {
        FramebufferRef framebuffer;
        Rect source;
    };
    [[nodiscard]] Surface& main() { return surfaces_.main(); }
    [[nodiscard]] Scale scale() const { return surfaces_.scale(output()); }

    void make_toplevel();
    void unplug();
    void show_title(bool changed);
    void attached_changed();
    void configured(const ToplevelState& state);
    [[nodiscard]] Size picture_size() const;
    [[nodiscard]] Layout layout() const;
    [[nodiscard]] Rect place() const;
    void set_layout(const Layout& layout);
    [[nodiscard]] Readiness prepare(const Layout& layout);
    /// How large the picture is on the output, and who makes it so.
    void count_scale();
    [[nodiscard]] bool follows_guest() const;
    [[nodiscard]] bool resizable() const;
    void update_guest_size();
    void update_mode();
    /// With the next commit.
    void limit_size();
    void relayout();

    void show_black();
    void commit_black();
    void commit_due();
    void commit_picture();
    void damage_all();
    /// Of a guest's own pixels that are copied: takes out of damage_ what hasn't really changed.
    void narrow_damage();
    void commit_without_picture();

    void frame_done();
    void timer_due();
    /// Nothing has been committed for a while: an idle picture needs one buffer, not several.
    void trim();
    void rearm();
    [[nodiscard]] bool blocked();
    void update_blocked();
    void update_visibility();

    const WindowContext context_;
    const WindowOptions options_;
    Events events_;
    FrameMeter meter_;

    FramePacer pacer_;
    Timer timer_;
    Timer idle_timer_;
    OutputRule place_;
    WindowSize size_;
    GuestMode mode_;
    WindowTitle title_;
    /// Of `initial`, until the user asks for another one.
    Size initial_;
    /// As the window is, or, while there is none, is to be.
    bool fullscreen_;
    bool configured_ = false;
    bool suspended_ = false;
    bool lost_ = false;
    bool visible_ = true;

    std::optional<Attached> attached_;
    /// Attached, but not flushed yet: until then the one before is shown.
    std::optional<Attached> next_;
    /// What has changed since the last commit; framebuffer coordinates.
    Region damage_;
    /// Nothing is attached any more, but the picture before is still on screen.
    bool black_due_ = false;

    /// What the compositor has been given last.
    CommittedFrame frame_;
    /// What is on screen of a guest's own pixels that are copied: which framebuffer's, and which of
    /// its copies. Generation 0: something else.
    uint64_t shown_generation_ = 0;
    uint64_t shown_copy_ = 0;
    /// When a commit asks for presentation feedback again.
    TimePoint feedback_due_{};

    // Bottom up: the path lets go of the surfaces first, roles go before surfaces.
    WindowSurfaces surfaces_;
    std::optional<Toplevel> toplevel_;
    IdleInhibit idle_inhibit_;
    PresentationFeedback feedback_;
    WindowPaths paths_;
};

}  // namespace oriel::wayland
