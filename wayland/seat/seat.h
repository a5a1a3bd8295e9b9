// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "clipboard/data_device.h"
#include "protocol/core.h"
#include "seat/grab.h"
#include "seat/input_context.h"
#include "seat/keyboard.h"
#include "seat/pointer.h"
#include "seat/touch.h"

namespace oriel::wayland {

/// A wl_seat: one user's keyboard, pointer and touch screen, each of which may come and go. What is
/// down in the guest by one that goes is released.
class Seat final : public KeyboardListener,
                   public PointerListener,
                   public TouchListener,
                   public GrabListener {
public:
    /// `context` is lent and must outlive this.
    Seat(InputContext& context, uint32_t global, Proxy<wl_seat> proxy);
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat();

    [[nodiscard]] uint32_t global() const { return global_; }
    /// The cursor of a window, or its size on screen, has changed.
    void refresh_cursor();
    /// A window goes, and its surface stays: whoever does something there has left it.
    void window_gone(const wl_surface* surface);
    /// Grab::cursor_at().
    void cursor_at(const wl_surface* surface, Point at) { grab_.cursor_at(surface, at); }

private:
    static const wl_seat_listener kListener;
    void capabilities(uint32_t bits);
    void set_pointer(bool there);
    void keyboard_used(uint32_t serial) override { used(serial); }
    void focused(wl_surface* surface) override;
    void blurred(wl_surface* surface) override;
    void chord(Chord chord) override;
    void pointer_used(std::optional<uint32_t> serial) override;
    void touched(const WindowView& view, uint32_t serial) override;
    void lock_changed() override { refresh_cursor(); }
    /// For the clipboard: the serial of something that the user did in a window.
    void used(uint32_t serial);
    void set_clipboard_focus(bool focused);

    InputContext& context_;
    uint32_t global_;
    Proxy<wl_seat> proxy_;
    Grab grab_;
    std::unique_ptr<DataDevice> clipboard_;  ///< null: it isn't shared
    std::unique_ptr<Keyboard> keyboard_;
    std::unique_ptr<Pointer> pointer_;
    std::unique_ptr<Touch> touch_;
};

/// All seats; they come and go.
class Seats {
public:
    /// After start(). Beyond kMost they are ignored.
    void add(uint32_t global, Proxy<wl_seat> proxy);
    void remove(uint32_t global);
    /// `context` is lent and must outlive this.
    void start(InputContext& context) { context_ = &context; }
    /// No seat any more, as when all have gone.
    void clear() { seats_.clear(); }

    /// The cursor of a window, or its size on screen, has changed.
    void refresh_cursors();
    /// A window goes, and its surface stays.
    void window_gone(const wl_surface* surface);
    /// Grab::cursor_at().
    void cursor_at(const wl_surface* surface, Point at);
    [[nodiscard]] size_t count() const { return seats_.size(); }

private:
    /// More users than there are before a desktop.
    static constexpr size_t kMost = 16;

    InputContext* context_ = nullptr;
    std::vector<std::unique_ptr<Seat>> seats_;
};

}  // namespace oriel::wayland
