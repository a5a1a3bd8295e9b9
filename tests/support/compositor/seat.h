// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "../compositor_state.h"
#include "object.h"
#include "surface.h"

namespace oriel::test {

class SeatGlobal;

/// wl_pointer
class Pointer final : public Object {
public:
    Pointer(Server& owner, std::weak_ptr<SeatGlobal> seat)
        : Object{owner}, seat_{std::move(seat)} {}
    static const wl_interface* interface();
    static const void* requests();

    [[nodiscard]] std::shared_ptr<SeatGlobal> seat() const { return seat_.lock(); }
    /// Ends a group of events.
    void frame() const;
    /// A request with this serial counts: it is the newest enter's. Counts the others.
    [[nodiscard]] bool check_serial(uint32_t serial) const;

private:
    void set_cursor(uint32_t serial, wl_resource* surface, int32_t x, int32_t y);

    // A seat that vanishes leaves its objects behind, inert.
    std::weak_ptr<SeatGlobal> seat_;
};

/// wl_keyboard
class Keyboard final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface();
    static const void* requests();
};

/// wl_touch
class Touch final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface();
    static const void* requests();
};

/// A seat with a pointer, a keyboard and, if a test says so, a touch screen. Destroying it makes
/// the global vanish.
class SeatGlobal : public std::enable_shared_from_this<SeatGlobal> {
public:
    explicit SeatGlobal(Server& server);
    SeatGlobal(const SeatGlobal&) = delete;
    SeatGlobal& operator=(const SeatGlobal&) = delete;
    ~SeatGlobal();

    /// Of wl_seat.capabilities; tells all clients.
    void set_capabilities(uint32_t capabilities);
    [[nodiscard]] uint32_t capabilities() const { return capabilities_; }

    // Pointer. Logical px in the surface; each call is a frame of its own.
    /// Returns the serial.
    uint32_t enter(Surface& surface, double x, double y);
    void motion(double x, double y);
    /// One frame of many motions, with a press in the middle of them.
    void motions_around_press(uint32_t code, const std::vector<std::pair<double, double>>& before,
                              const std::vector<std::pair<double, double>>& after);
    void leave();
    /// BTN_*
    void button(uint32_t code, bool pressed);
    /// What a wheel makes of `count120` 120ths of a notch, as the pointer's version says it.
    /// `axis`: 0 vertical, 1 horizontal.
    void wheel(uint32_t axis, int32_t count120);
    /// A touchpad's: distances only.
    void scroll(uint32_t axis, double distance);
    void scroll_stop(uint32_t axis);
    /// The serial that set_cursor must name; 0 while the pointer is nowhere.
    [[nodiscard]] uint32_t enter_serial() const { return enter_serial_; }
    [[nodiscard]] std::shared_ptr<Surface> pointer_focus() const { return alive(pointer_focus_); }

    // Keyboard.
    /// `down`: what the user holds already, KEY_*.
    void keyboard_enter(Surface& surface, const std::vector<uint32_t>& down = {});
    void keyboard_leave();
    void key(uint32_t code, bool pressed);
    /// Any wl_keyboard.key_state.
    void key_state(uint32_t code, uint32_t state);
    void modifiers(uint32_t depressed);
    [[nodiscard]] std::shared_ptr<Surface> keyboard_focus() const { return alive(keyboard_focus_); }

    // Touch; frames are the test's.
    void touch_down(Surface& surface, int32_t id, double x, double y);
    void touch_motion(int32_t id, double x, double y);
    void touch_up(int32_t id);
    void touch_frame();
    void touch_cancel();

    std::vector<std::weak_ptr<Pointer>> pointers;
    std::vector<std::weak_ptr<Keyboard>> keyboards;
    std::vector<std::weak_ptr<Touch>> touches;
    std::vector<std::weak_ptr<Object>> seats;

private:
    [[nodiscard]] static std::shared_ptr<Surface> alive(const std::weak_ptr<Object>& surface);
    /// Calls `send(device, focus)` for each of the focused client's devices.
    template <class Device, class Send>
    static void for_each(const std::vector<std::weak_ptr<Device>>& devices,
                         const std::weak_ptr<Object>& focus, Send&& send);
    template <class Send>
    void for_each_pointer(Send&& send) const;

    Server& server_;
    wl_global* global_ = nullptr;
    uint32_t capabilities_;
    uint32_t enter_serial_ = 0;
    std::weak_ptr<Object> pointer_focus_;
    std::weak_ptr<Object> keyboard_focus_;
    std::weak_ptr<Object> touch_focus_;
};

}  // namespace oriel::test
