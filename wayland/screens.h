// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "connection/connection.h"
#include "connection/globals.h"
#include "core/event_loop.h"
#include "cursor/drawn_cursor.h"
#include "frames/path_selector.h"
#include "output/output.h"
#include "scanout/display.h"
#include "seat/input_context.h"
#include "wayland/presenter.h"
#include "window/window.h"

namespace oriel::wayland {

class Seats;

/// The guest's screens: what each one is like, its window once there is a compositor, and its
/// cursor.
class Screens final : public SeatWindows, public DrawnCursorListener {
public:
    /// All is lent and must outlive this.
    Screens(const Connection& connection, const Globals& globals, Seats& seats,
            DisplayEvents& events, const PresenterOptions& options);
    ~Screens();

    // SeatWindows
    bool look(const wl_surface* surface, WindowView& view) const override;
    void grab_changed(ScanoutId scanout, GrabState state) override;
    void toggle_fullscreen(ScanoutId scanout) override;

    /// When the outputs are known: a window's mode may be its output's. `options`: what each window
    /// is like, but for the initial size. `paths` is lent and must outlive this.
    void make_windows(const WindowContext& context, PathSelector& paths,
                      std::vector<WindowOptions> options);
    /// Windows take other paths from now on.
    void give_paths();
    /// Null before make_windows(), and for a scanout that there is not.
    [[nodiscard]] Window* window(ScanoutId scanout) const;
    /// Calls `visit(Window&)`; none before make_windows().
    template <class Visit>
    void for_each_window(Visit&& visit) const {
        for (const auto& screen : screens_) {
            if (screen->window) {
                visit(*screen->window);
            }
        }
    }

    /// Presenter::kept().
    [[nodiscard]] std::vector<KeptScreen> kept() const;

    [[nodiscard]] uint32_t count() const { return static_cast<uint32_t>(screens_.size()); }
    /// Display::screen().
    [[nodiscard]] ScreenInfo info(ScanoutId scanout) const;
    /// Display::set_screen(), of one that has a window.
    void change(ScanoutId scanout, const ScreenChange& change);
    void set_cursor(ScanoutId scanout, std::shared_ptr<const CursorImage> image);
    void move_cursor(ScanoutId scanout, Point position);

private:
    struct Screen final : WindowListener {
        Screen(Screens& screens, ScanoutId scanout) : owner{screens}, id{scanout} {}

        void window_closed() override { owner.events_.close_requested(id); }
        void window_frame_done() override { owner.events_.frame_done(id); }
        void window_visibility_changed() override {
            if (owner.made_) {
                owner.events_.visibility_changed(id);
            }
        }
        void window_output_changed() override { owner.update_all(); }
        void window_hiding() override { owner.hide(*this); }
        void window_mode_changed() override { owner.update_all(); }
        void window_path_failed() override { owner.give_up_path_.schedule(); }
        void window_path_changed() override {
            owner.for_each_window([](Window& other) { other.path_changed(); });
        }
        void window_layout_changed() override { owner.update_cursor(id); }

        Screens& owner;
        const ScanoutId id;
        /// As it was asked for; and whether the user did, of its size and its refresh rate.
        ScreenInfo configured;
        bool size_explicit = false;
        bool refresh_explicit = false;
        /// What the device was told last.
        ScreenInfo told;
        std::shared_ptr<const CursorImage> cursor;
        /// Where the guest has the cursor's hot spot.
        Point cursor_at;
        std::unique_ptr<Window> window;
        /// While the pointer is locked to the window.
        std::unique_ptr<DrawnCursor> drawn;
    };

    /// What that screen is like may have changed.
    void update(ScanoutId scanout);
    /// The same of all: those beside one that has changed have moved.
    void update_all();
    /// While it is still a window that a key can be released in.
    void hide(Screen& screen);
    /// The cursor's size on the window may have changed.
    void update_cursor(ScanoutId scanout);
    void cursor_drawn(const wl_surface* surface, Point at) override;
    /// Where the host's pointer can't be the guest's cursor.
    void draw_cursor(const Screen& screen) const;
    [[nodiscard]] static Size preferred_mode(const Screen& screen, const Output* output);
    [[nodiscard]] static Size preferred_mode(const Screen& screen);

    const Connection& connection_;
    const Globals& globals_;
    Seats& seats_;
    DisplayEvents& events_;
    /// Null before make_windows().
    PathSelector* paths_ = nullptr;
    /// A path has failed while it was in use; told after the window has done with it.
    DeferredCall give_up_path_;
    std::vector<std::unique_ptr<Screen>> screens_;
    /// make_windows() has ended: events may be told.
    bool made_ = false;
};

}  // namespace oriel::wayland
