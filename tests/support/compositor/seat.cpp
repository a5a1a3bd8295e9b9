// SPDX-License-Identifier: MIT
#include "seat.h"

#include <sys/mman.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

#include <algorithm>
#include <utility>

#include "core/unique_fd.h"
#include "server.h"
#include "surface.h"

namespace oriel::test {
namespace {

/// A surface that shows a cursor image.
class CursorRole final : public Role {
public:
    void before_commit(bool) override {}
    void after_commit() override {}
};

void send_keymap(const Keyboard& keyboard, const std::string& text) {
    const UniqueFd file{::memfd_create("keymap", MFD_CLOEXEC)};
    if (::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) {
        wl_keyboard_send_keymap(keyboard.resource(), WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, file.get(),
                                static_cast<uint32_t>(text.size()));
    }
}

class Seat final : public Object {
public:
    Seat(Server& owner, std::weak_ptr<SeatGlobal> global)
        : Object{owner}, global_{std::move(global)} {}
    static const wl_interface* interface() { return &wl_seat_interface; }
    static const void* requests() {
        static constexpr struct wl_seat_interface kRequests = {
            .get_pointer = on<&Seat::get_pointer>,
            .get_keyboard = on<&Seat::get_keyboard>,
            .get_touch = on<&Seat::get_touch>,
            .release = destroy_resource,
        };
        return &kRequests;
    }

private:
    void get_pointer(uint32_t id) {
        const auto pointer = create<Pointer>(server(), client(), version(), id, global_);
        if (const auto global = global_.lock()) {
            global->pointers.push_back(pointer);
        }
    }
    void get_keyboard(uint32_t id) {
        const auto keyboard = create<Keyboard>(server(), client(), version(), id);
        if (const auto global = global_.lock()) {
            global->keyboards.push_back(keyboard);
            send_keymap(*keyboard, server().options.keymap);
            if (version() >= WL_KEYBOARD_REPEAT_INFO_SINCE_VERSION) {
                wl_keyboard_send_repeat_info(keyboard->resource(), 25, 600);
            }
        }
    }
    void get_touch(uint32_t id) {
        const auto touch = create<Touch>(server(), client(), version(), id);
        if (const auto global = global_.lock()) {
            global->touches.push_back(touch);
        }
    }

    std::weak_ptr<SeatGlobal> global_;
};

}  // namespace

const wl_interface* Keyboard::interface() {
    return &wl_keyboard_interface;
}

const void* Keyboard::requests() {
    static constexpr struct wl_keyboard_interface kRequests = {.release = destroy_resource};
    return &kRequests;
}

const wl_interface* Touch::interface() {
    return &wl_touch_interface;
}

const void* Touch::requests() {
    static constexpr struct wl_touch_interface kRequests = {.release = destroy_resource};
    return &kRequests;
}

const wl_interface* Pointer::interface() {
    return &wl_pointer_interface;
}

const void* Pointer::requests() {
    static constexpr struct wl_pointer_interface kRequests = {
        .set_cursor = on<&Pointer::set_cursor>,
        .release = destroy_resource,
    };
    return &kRequests;
}

void Pointer::frame() const {
    if (version() >= WL_POINTER_FRAME_SINCE_VERSION) {
        wl_pointer_send_frame(resource());
    }
}

bool Pointer::check_serial(uint32_t serial) const {
    const auto from = seat();
    const bool newest = from && serial == from->enter_serial();
    CursorState& cursor = server().state.cursor;
    ++(newest ? cursor.requests : cursor.stale);
    return newest;
}

void Pointer::set_cursor(uint32_t serial, wl_resource* surface, int32_t x, int32_t y) {
    if (!check_serial(serial)) {
        return;
    }
    CursorState& cursor = server().state.cursor;
    const auto object = object_of<Surface>(surface);
    if (object) {
        // The role stays when the cursor goes, and nothing ever asks it for anything.
        static const auto role = std::make_shared<CursorRole>();
        if (!object->set_role("cursor", role)) {
            return;
        }
    }
    cursor.hidden = !object;
    cursor.surface = object ? object->number() : 0;
    cursor.hotspot = {x, y};
    cursor.shape = 0;
}

SeatGlobal::SeatGlobal(Server& server)
    : server_{server}, capabilities_{server.options.seat_capabilities} {
    global_ = server.add_global(&wl_seat_interface, server.options.wl_seat,
                                [this](wl_client* client, uint32_t version, uint32_t id) {
                                    const auto seat = create<Seat>(server_, client, version, id,
                                                                   weak_from_this());
                                    seats.push_back(seat);
                                    wl_seat_send_capabilities(seat->resource(), capabilities_);
                                    if (version >= WL_SEAT_NAME_SINCE_VERSION) {
                                        wl_seat_send_name(seat->resource(), "seat0");
                                    }
                                });
}

SeatGlobal::~SeatGlobal() {
    if (global_ != nullptr) {
        wl_global_destroy(global_);
    }
}

void SeatGlobal::set_capabilities(uint32_t capabilities) {
    capabilities_ = capabilities;
    for (const auto& seat : seats) {
        if (const auto live = seat.lock(); live && live->resource() != nullptr) {
            wl_seat_send_capabilities(live->resource(), capabilities_);
        }
    }
}

std::shared_ptr<Surface> SeatGlobal::alive(const std::weak_ptr<Object>& surface) {
    const auto object = std::static_pointer_cast<Surface>(surface.lock());
    return object && object->resource() != nullptr ? object : nullptr;
}

template <class Device, class Send>
void SeatGlobal::for_each(const std::vector<std::weak_ptr<Device>>& devices,
                          const std::weak_ptr<Object>& focus, Send&& send) {
    const auto surface = alive(focus);
    if (!surface) {
        return;
    }
    for (const auto& device : devices) {
        const auto live = device.lock();
        if (live && live->resource() != nullptr && live->client() == surface->client()) {
            send(*live, *surface);
        }
    }
}

// --- pointer -------------------------------------------------------------------------------------

template <class Send>
void SeatGlobal::for_each_pointer(Send&& send) const {
    for_each(pointers, pointer_focus_, [&](const Pointer& pointer, const Surface& focus) {
        send(pointer, focus);
        pointer.frame();
    });
}

uint32_t SeatGlobal::enter(Surface& surface, double x, double y) {
    leave();
    pointer_focus_ = surface.weak_from_this();
    enter_serial_ = server_.next_serial();
    for_each_pointer([&](const Pointer& pointer, const Surface& focus) {
        wl_pointer_send_enter(pointer.resource(), enter_serial_, focus.resource(),
                              wl_fixed_from_double(x), wl_fixed_from_double(y));
    });
    return enter_serial_;
}

void SeatGlobal::motion(double x, double y) {
    for_each_pointer([&](const Pointer& pointer, const Surface&) {
        wl_pointer_send_motion(pointer.resource(), 0, wl_fixed_from_double(x),
                               wl_fixed_from_double(y));
    });
}

void SeatGlobal::motions_around_press(uint32_t code,
                                      const std::vector<std::pair<double, double>>& before,
                                      const std::vector<std::pair<double, double>>& after) {
    for_each_pointer([&](const Pointer& pointer, const Surface&) {
        const auto send = [&pointer](const std::vector<std::pair<double, double>>& places) {
            for (const auto& [x, y] : places) {
                wl_pointer_send_motion(pointer.resource(), 0, wl_fixed_from_double(x),
                                       wl_fixed_from_double(y));
            }
        };
        send(before);
        wl_pointer_send_button(pointer.resource(), server_.next_serial(), 0, code,
                               WL_POINTER_BUTTON_STATE_PRESSED);
        send(after);
    });
}

void SeatGlobal::leave() {
    for_each_pointer([&](const Pointer& pointer, const Surface& focus) {
        wl_pointer_send_leave(pointer.resource(), server_.next_serial(), focus.resource());
    });
    pointer_focus_.reset();
    enter_serial_ = 0;
}

void SeatGlobal::button(uint32_t code, bool pressed) {
    for_each_pointer([&](const Pointer& pointer, const Surface&) {
        wl_pointer_send_button(
            pointer.resource(), server_.next_serial(), 0, code,
            pressed ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED);
    });
}

void SeatGlobal::wheel(uint32_t axis, int32_t count120) {
    for_each_pointer([&](const Pointer& pointer, const Surface&) {
        const uint32_t version = pointer.version();
        if (version >= WL_POINTER_AXIS_VALUE120_SINCE_VERSION) {
            wl_pointer_send_axis_value120(pointer.resource(), axis, count120);
        } else if (version >= WL_POINTER_AXIS_DISCRETE_SINCE_VERSION && count120 % 120 == 0) {
            wl_pointer_send_axis_discrete(pointer.resource(), axis, count120 / 120);
        }
        wl_pointer_send_axis(pointer.resource(), 0, axis,
                             wl_fixed_from_double(double{10} * count120 / 120));
    });
}

void SeatGlobal::scroll(uint32_t axis, double distance) {
    for_each_pointer([&](const Pointer& pointer, const Surface&) {
        wl_pointer_send_axis(pointer.resource(), 0, axis, wl_fixed_from_double(distance));
    });
}

void SeatGlobal::scroll_stop(uint32_t axis) {
    for_each_pointer([&](const Pointer& pointer, const Surface&) {
        if (pointer.version() >= WL_POINTER_AXIS_STOP_SINCE_VERSION) {
            wl_pointer_send_axis_stop(pointer.resource(), 0, axis);
        }
    });
}

// --- keyboard ------------------------------------------------------------------------------------

void SeatGlobal::keyboard_enter(Surface& surface, const std::vector<uint32_t>& down) {
    keyboard_leave();
    keyboard_focus_ = surface.weak_from_this();
    wl_array keys;
    wl_array_init(&keys);
    for (const uint32_t code : down) {
        *static_cast<uint32_t*>(wl_array_add(&keys, sizeof code)) = code;
    }
    for_each(keyboards, keyboard_focus_, [&](const Keyboard& keyboard, const Surface& focus) {
        wl_keyboard_send_enter(keyboard.resource(), server_.next_serial(), focus.resource(), &keys);
        wl_keyboard_send_modifiers(keyboard.resource(), server_.next_serial(), 0, 0, 0, 0);
    });
    wl_array_release(&keys);
}

void SeatGlobal::keyboard_leave() {
    for_each(keyboards, keyboard_focus_, [&](const Keyboard& keyboard, const Surface& focus) {
        wl_keyboard_send_leave(keyboard.resource(), server_.next_serial(), focus.resource());
    });
    keyboard_focus_.reset();
}

void SeatGlobal::key_state(uint32_t code, uint32_t state) {
    for_each(keyboards, keyboard_focus_, [&](const Keyboard& keyboard, const Surface&) {
        wl_keyboard_send_key(keyboard.resource(), server_.next_serial(), 0, code, state);
    });
}

void SeatGlobal::key(uint32_t code, bool pressed) {
    key_state(code, pressed ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
}

void SeatGlobal::modifiers(uint32_t depressed) {
    for_each(keyboards, keyboard_focus_, [&](const Keyboard& keyboard, const Surface&) {
        wl_keyboard_send_modifiers(keyboard.resource(), server_.next_serial(), depressed, 0, 0, 0);
    });
}

// --- touch ---------------------------------------------------------------------------------------

void SeatGlobal::touch_down(Surface& surface, int32_t id, double x, double y) {
    touch_focus_ = surface.weak_from_this();
    for_each(touches, touch_focus_, [&](const Touch& touch, const Surface& focus) {
        wl_touch_send_down(touch.resource(), server_.next_serial(), 0, focus.resource(), id,
                           wl_fixed_from_double(x), wl_fixed_from_double(y));
    });
}

void SeatGlobal::touch_motion(int32_t id, double x, double y) {
    for_each(touches, touch_focus_, [&](const Touch& touch, const Surface&) {
        wl_touch_send_motion(touch.resource(), 0, id, wl_fixed_from_double(x),
                             wl_fixed_from_double(y));
    });
}

void SeatGlobal::touch_up(int32_t id) {
    for_each(touches, touch_focus_, [&](const Touch& touch, const Surface&) {
        wl_touch_send_up(touch.resource(), server_.next_serial(), 0, id);
    });
}

void SeatGlobal::touch_frame() {
    for_each(touches, touch_focus_,
             [](const Touch& touch, const Surface&) { wl_touch_send_frame(touch.resource()); });
}

void SeatGlobal::touch_cancel() {
    for_each(touches, touch_focus_,
             [](const Touch& touch, const Surface&) { wl_touch_send_cancel(touch.resource()); });
}

}  // namespace oriel::test
