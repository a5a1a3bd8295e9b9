// SPDX-License-Identifier: MIT
#pragma once

namespace oriel::wayland {

/// What a window tells the presenter that it belongs to. All comes on the loop.
class WindowListener {
public:
    WindowListener() = default;
    WindowListener(const WindowListener&) = delete;
    WindowListener& operator=(const WindowListener&) = delete;

    /// The user wants it closed.
    virtual void window_closed() = 0;
    /// The frame callback came. What is flushed from inside goes out at once.
    virtual void window_frame_done() = 0;
    /// Window::visible() has changed.
    virtual void window_visibility_changed() = 0;
    /// Window::output() has changed, or its state.
    virtual void window_output_changed() = 0;
    /// It is about to vanish from the screen, for a moment or until its output comes back: keys are
    /// released in it now.
    virtual void window_hiding() = 0;
    /// Window::mode() has changed.
    virtual void window_mode_changed() = 0;
    /// The way that pictures take can't be used any more.
    virtual void window_path_failed() = 0;
    /// A commit may be possible that was not, in this window or in another one: windows share
    /// pixels.
    virtual void window_path_changed() = 0;
    /// The picture's scale, or the surfaces, have changed: the cursor's size too.
    virtual void window_layout_changed() = 0;

protected:
    ~WindowListener() = default;
};

}  // namespace oriel::wayland
