// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/geometry.h"
#include "core/log.h"
#include "globals.h"
#include "proxies.h"
#include "scanout/display.h"
#include "scanout/memory_buffer.h"

namespace oriel::wayland {

/// What a window wants the pointer to look like.
struct GuestCursor {
    /// Null: no cursor.
    std::shared_ptr<const CursorImage> image;
    /// The window's picture in buffer px, and on screen in logical px.
    Size picture;
    Size shown;
};

/// The cursor of the window that has this surface; false if none has.
using CursorLookup = std::function<bool(const wl_surface* surface, GuestCursor& cursor)>;

/// A wl_pointer: while it is in one of our windows it looks like that guest's cursor.
class Pointer {
public:
    /// `globals` is lent and must outlive this.
    Pointer(const Globals& globals, Proxy<wl_pointer> proxy, CursorLookup lookup);
    Pointer(const Pointer&) = delete;
    Pointer& operator=(const Pointer&) = delete;

    /// Looks the cursor up again.
    void refresh_cursor();

private:
    /// A buffer that cursor images are written to, when the compositor doesn't hold it.
    struct Slot {
        Pointer* owner = nullptr;
        std::shared_ptr<MemoryBuffer> memory;
        bool busy = false;
        Proxy<wl_buffer> buffer;
    };
    static const wl_pointer_listener kListener;
    static const wl_buffer_listener kBufferListener;

    void enter(uint32_t serial, wl_surface* surface);
    void leave();
    void hide();
    [[nodiscard]] Slot* free_slot(Size size);
    [[nodiscard]] bool attach(const CursorImage& image);

    const Globals& globals_;
    CursorLookup lookup_;
    /// Where the pointer is; null outside. Only compared and passed on.
    wl_surface* inside_ = nullptr;
    uint32_t enter_serial_ = 0;
    /// What the cursor's surface shows; null: nothing, or out of date.
    std::shared_ptr<const CursorImage> shown_;
    bool hidden_ = true;
    /// Of the cursor on screen, logical px.
    Size size_;
    /// The newest image waits for a buffer.
    bool waiting_ = false;
    std::vector<std::unique_ptr<Slot>> slots_;
    LogLimiter log_limiter_;
    Proxy<wl_pointer> proxy_;
    Proxy<wl_surface> surface_;
    Proxy<wp_viewport> viewport_;
};

}  // namespace oriel::wayland
