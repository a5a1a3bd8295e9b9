// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-client.h>

#include <memory>

#include "connection/globals.h"
#include "core/geometry.h"
#include "scanout/display.h"
#include "scanout/input.h"
#include "seat/pressed.h"
#include "surface/scale.h"
#include "wayland/choices.h"

namespace oriel::wayland {

class ArrowTheme;
class DesktopClipboard;

/// A window as the devices of a seat see it.
struct WindowView {
    ScanoutId scanout = 0;
    /// The surface that takes input.
    wl_surface* surface = nullptr;
    /// The one that has the picture; while dark the same.
    wl_surface* picture_surface = nullptr;
    /// Nothing is shown yet, or any more: all of the window is black.
    bool dark = true;
    Size picture;  ///< buffer px
    Rect shown;    ///< of the picture; logical px in the surface
    Scale scale;
    /// What the guest wants the pointer to look like; null: nothing.
    std::shared_ptr<const CursorImage> cursor;
};

/// What a seat has taken from the user's desktop for a window.
struct GrabState {
    bool keyboard = false;  ///< the compositor leaves its shortcuts to the guest
    bool pointer = false;   ///< locked
    friend constexpr bool operator==(GrabState, GrabState) = default;
};

/// The windows, for seats.
class SeatWindows {
public:
    SeatWindows() = default;
    SeatWindows(const SeatWindows&) = delete;
    SeatWindows& operator=(const SeatWindows&) = delete;

    /// The window that has this surface; false if none has.
    virtual bool look(const wl_surface* surface, WindowView& view) const = 0;
    virtual void grab_changed(ScanoutId scanout, GrabState state) = 0;
    virtual void toggle_fullscreen(ScanoutId scanout) = 0;

protected:
    ~SeatWindows() = default;
};

/// What all seats share. All references are lent and outlive the seats, and so does this.
struct InputContext {
    const Globals& globals;
    /// Whatever a seat does goes there.
    InputSink& sink;
    SeatWindows& windows;
    ArrowTheme& arrow_theme;
    /// The VM has input devices; without, `sink` hears but does nothing, and nothing is grabbed.
    bool takes_input = false;
    GrabChoice grab = GrabChoice::kClick;
    /// A click also keeps the pointer in the window.
    bool confine = false;
    /// The desktop's, which the guest shares; null: nobody does.
    DesktopClipboard* clipboard = nullptr;

    SharedPresses keys{};
    SharedPresses buttons{};
    Contacts contacts{};
};

}  // namespace oriel::wayland
