// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/event_loop.h"
#include "frames/presentation.h"
#include "frames/window_paths.h"
#include "hints/idle_inhibit.h"
#include "output/output.h"
#include "output/output_rule.h"
#include "overlay/window_overlay.h"
#include "scanout/display.h"
#include "scanout/screen_feed.h"
#include "seat/input_context.h"
#include "shell/shell_xdg.h"
#include "wayland/presenter.h"
#include "window/guest_mode.h"
#include "window/window_listener.h"
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
    /// Null: overlays have no text.
    TextPainter* text_painter = nullptr;
};

struct WindowOptions {
    std::string title;
    std::string app_id;
    bool fullscreen = false;
    /// Where the window belongs.
    OutputRule output;
    /// It is hidden while there is no such output.
    bool only_there = false;
    Scaling scaling = Scaling::kFit;
    Resize resize = Resize::kScale;
    LatencyChoice latency = LatencyChoice::kNormal;
    bool inhibit_idle = false;
    /// Size in buffer px before a guest shows anything.
    Size initial;
    /// Which of the VM's it shows, for the log.
    ScanoutId screen = 0;
    /// What the window that this one is in place of has left.
    std::optional<KeptScreen> kept{};
};

/// One scanout's window: how large it is, and how a picture is committed in it. When that happens
/// is ScreenFeed's to say. There is no window on screen while the monitor isn't plugged in: flushes
/// are answered by the timer then.
///
/// How a new size comes into effect (configured(), relayout()):
///
///     configure (acknowledged with the next commit)
///        |
///        v
///     is there a picture? --no---> black of that size, now
///        | yes
///     does it stay on its surface, in a buffer of the same shape?
///        | yes                                 | no
///        v                                     v
///     only the viewports change, now     can it be committed now? --yes--> all of it, now
///                                              | no: the compositor has every buffer
///                                              v
///                                        the viewports change now; all of it is committed as soon
///                                        as a buffer comes back. Without viewports nothing is
///                                        committed before that
class Window final : public ToplevelListener,
                     private FrameSink,
                     private SurfaceListener,
                     private GuestModeListener,
                     private PathListener,
                     private WindowOverlayListener,
                     private PresentationListener {
public:
    /// What is lent in `context`, and `listener`, must outlive the window. Nothing is told from
    /// inside the constructor.
    Window(const WindowContext& context, WindowOptions options, WindowListener& listener);
    ~Window();

    // Display, for this scanout:
    void attach(FramebufferRef framebuffer, const Rect& source) {
        feed_.attach(std::move(framebuffer), source);
    }
    void flush(const Region& damage, FlushDone done) { feed_.flush(damage, std::move(done)); }
    void detach() { feed_.detach(); }
    [[nodiscard]] bool visible() const { return feed_.visible(); }
    [[nodiscard]] bool frame_pending() const { return feed_.frame_pending(); }
    [[nodiscard]] const ScanoutStats& stats() const { return feed_.stats(); }

    /// Who the paths of this window tell.
    [[nodiscard]] PathListener& path_listener() { return *this; }
    /// Takes other paths from now on (WindowPaths::replace()); all of the picture counts as
    /// damaged.
    void set_paths(WindowPaths::List paths, std::string reason);
    /// A commit that waited may be possible.
    void path_changed();
    /// An output has changed, come or gone.
    void outputs_changed();
    /// The compositor is gone. Flushes are answered by the timer from now on.
    void connection_lost();
    /// The monitor is pulled out, or plugged in (again): the window goes, or comes as it was and
    /// shows what is attached.
    void set_plugged(bool plugged);
    /// A user wants it full screen on that output, which there is.
    void send_to(const std::string& output);
    [[nodiscard]] bool plugged() const { return toplevel_.has_value(); }
    /// The user wants the guest to prefer this mode, buffer px: the window gets that size, where
    /// its size isn't the compositor's to choose.
    void ask_mode(Size mode);
    /// The refresh rate that the guest is told.
    void set_refresh(uint32_t refresh_mhz) { feed_.set_refresh(refresh_mhz); }

    /// What is over the picture from the next commit on, which comes in this turn.
    void set_overlay(const Overlay& content);

    /// Writes down what a window in place of this one has to know; the rest of `screen` stays.
    void keep(KeptScreen& screen) const;

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
    // FrameSink:
    [[nodiscard]] bool can_commit(const ScreenPicture& picture, bool pixels) override;
    [[nodiscard]] bool shows_in_place(const Framebuffer& framebuffer) const override;
    [[nodiscard]] std::optional<CommittedFrame> commit_picture(const ScreenPicture& picture,
                                                               const Region& damage) override;
    void commit_unchanged() override;
    [[nodiscard]] bool commit_black() override;
    [[nodiscard]] bool shows_picture() const override { return surfaces_.shows_picture(); }
    void picture_changed(const ScreenPicture* picture) override;
    void frame_shown() override { listener_.window_frame_done(); }
    void visibility_changed(bool visible) override;
    void trim() override { paths_.trim(); }
    // The others:
    void surface_frame_done() override;
    void surface_moved() override { outputs_changed(); }
    void path_ready() override { listener_.window_path_changed(); }
    void path_choice_changed() override;
    void path_released(uint64_t buffer) override { feed_.buffer_released(buffer); }
    void overlay_changed() override;
    void guest_mode_changed() override { listener_.window_mode_changed(); }
    void presented(std::optional<TimePoint> flushed, TimePoint shown, bool zero_copy) override {
        feed_.meter().presented(flushed, shown, zero_copy);
    }

    [[nodiscard]] Surface& main() { return surfaces_.main(); }
    [[nodiscard]] Scale scale() const { return surfaces_.scale(output()); }

    void make_toplevel();
    /// Makes the window or takes it away: is the monitor plugged in, and its output there?
    void update_toplevel();
    [[nodiscard]] bool may_show() const {
        return wanted_ && (!options_.only_there || place_.there());
    }
    /// Where a new toplevel has to be full screen; null: where the compositor likes.
    [[nodiscard]] wl_output* first_output();
    void unplug();
    void show_title(bool changed);
    void configured(const ToplevelState& state) override;
    void close_asked() override { listener_.window_closed(); }
    /// Whether anybody sees the window, as far as its role says.
    void update_seen();
    [[nodiscard]] Size picture_size() const;
    [[nodiscard]] Size window_size() const;
    [[nodiscard]] Layout layout() const;
    [[nodiscard]] Rect place() const;
    void set_layout(const Layout& layout);
    [[nodiscard]] Readiness prepare(const ScreenPicture& picture, const Layout& layout);
    /// How large the picture is on the output, and who makes it so.
    void count_scale();
    [[nodiscard]] bool follows_guest() const;
    [[nodiscard]] bool resizable() const;
    void update_guest_size();
    void update_mode();
    /// The next commit, which follows, brings that layout.
    void prepare_commit(const Layout& next);
    void limit_size(const Layout& next);
    void relayout();
    void show_black();

    const WindowContext context_;
    const WindowOptions options_;
    WindowListener& listener_;
    OutputRule place_;
    /// The monitor is plugged in, as far as the user goes.
    bool wanted_ = true;
    /// Empty: nobody has sent it anywhere.
    std::string sent_to_;
    WindowSize size_;
    GuestMode mode_;
    WindowTitle title_;
    /// Of `initial`, until the user asks for another one.
    Size initial_;
    /// As the window is, or, while there is none, is to be.
    bool fullscreen_;
    bool maximized_ = false;
    /// Where the window before was full screen, until there is a toplevel.
    std::string kept_output_;
    bool configured_ = false;
    bool suspended_ = false;
    bool lost_ = false;
    /// What the statistics have: WindowPaths::reason_serial(), and explicit synchronisation.
    uint64_t told_reason_ = 0;
    bool told_sync_ = false;
    /// When a commit asks for presentation feedback again.
    TimePoint feedback_due_{};

    // Bottom up: the path lets go of the surfaces first, roles go before surfaces.
    ScreenFeed feed_;
    WindowSurfaces surfaces_;
    WindowOverlay overlay_;
    std::optional<Toplevel> toplevel_;
    IdleInhibit idle_inhibit_;
    PresentationFeedback feedback_;
    WindowPaths paths_;
};

}  // namespace oriel::wayland
