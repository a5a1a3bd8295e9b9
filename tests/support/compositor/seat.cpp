// SPDX-License-Identifier: MIT
#include "seat.h"

#include <wayland-server-protocol.h>

#include <utility>

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

/// wl_keyboard and wl_touch, which no test types on yet.
class Keyboard final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wl_keyboard_interface; }
    static const void* requests() {
        static constexpr struct wl_keyboard_interface kRequests = {.release = destroy_resource};
        return &kRequests;
    }
};

class Touch final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wl_touch_interface; }
    static const void* requests() {
        static constexpr struct wl_touch_interface kRequests = {.release = destroy_resource};
        return &kRequests;
    }
};

class Seat final : public Object {
public:
    using Object::Object;
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
        const auto pointer = create<Pointer>(server(), client(), version(), id);
        // A seat that vanishes leaves its objects behind, inert.
        if (server().seat) {
            server().seat->pointers.push_back(pointer);
        }
    }
    void get_keyboard(uint32_t id) { create<Keyboard>(server(), client(), version(), id); }
    void get_touch(uint32_t id) { create<Touch>(server(), client(), version(), id); }
};

}  // namespace

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

void Pointer::set_cursor(uint32_t serial, wl_resource* surface, int32_t x, int32_t y) {
    CursorState& cursor = server().state.cursor;
    if (!server().seat || serial != server().seat->enter_serial()) {
        ++cursor.stale;
        return;
    }
    const auto object = object_of<Surface>(surface);
    if (object) {
        // The role stays when the cursor goes, and nothing ever asks it for anything.
        static const auto role = std::make_shared<CursorRole>();
        if (!object->set_role("cursor", role)) {
            return;
        }
    }
    ++cursor.requests;
    cursor.hidden = !object;
    cursor.surface = object ? object->number() : 0;
    cursor.hotspot = {x, y};
}

SeatGlobal::SeatGlobal(Server& server)
    : server_{server}, capabilities_{WL_SEAT_CAPABILITY_POINTER | WL_SEAT_CAPABILITY_KEYBOARD} {
    global_ = server.add_global(&wl_seat_interface, server.options.wl_seat,
                                [this](wl_client* client, uint32_t version, uint32_t id) {
                                    const auto seat = create<Seat>(server_, client, version, id);
                                    seats.push_back(seat);
                                    wl_seat_send_capabilities(seat->resource(), capabilities_);
                                    if (version >= WL_SEAT_NAME_SINCE_VERSION) {
                                        wl_seat_send_name(seat->resource(), "seat0");
                                    }
                                });
}

SeatGlobal::~SeatGlobal() {
    leave();
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

template <class Send>
void SeatGlobal::for_each_pointer(Send&& send) const {
    const auto focus = std::static_pointer_cast<Surface>(focus_.lock());
    if (!focus || focus->resource() == nullptr) {
        return;
    }
    for (const auto& pointer : pointers) {
        const auto live = pointer.lock();
        if (live && live->resource() != nullptr && live->client() == focus->client()) {
            send(*live, *focus);
            live->frame();
        }
    }
}

uint32_t SeatGlobal::enter(Surface& surface, double x, double y) {
    leave();
    focus_ = surface.weak_from_this();
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

void SeatGlobal::leave() {
    for_each_pointer([&](const Pointer& pointer, const Surface& focus) {
        wl_pointer_send_leave(pointer.resource(), server_.next_serial(), focus.resource());
    });
    focus_.reset();
    enter_serial_ = 0;
}

}  // namespace oriel::test
