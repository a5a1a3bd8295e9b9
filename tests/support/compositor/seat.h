// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "../compositor_state.h"
#include "object.h"

namespace oriel::test {

class Surface;

/// wl_pointer
class Pointer final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface();
    static const void* requests();

    /// Ends a group of events.
    void frame() const;

private:
    void set_cursor(uint32_t serial, wl_resource* surface, int32_t x, int32_t y);
};

/// A seat with a pointer and a keyboard. Destroying it makes the global vanish.
class SeatGlobal {
public:
    explicit SeatGlobal(Server& server);
    SeatGlobal(const SeatGlobal&) = delete;
    SeatGlobal& operator=(const SeatGlobal&) = delete;
    ~SeatGlobal();

    /// Of wl_seat.capabilities; tells all clients.
    void set_capabilities(uint32_t capabilities);
    /// Logical px in the surface. Returns the serial.
    uint32_t enter(Surface& surface, double x, double y);
    void motion(double x, double y);
    void leave();
    /// The serial that set_cursor must name; 0 while the pointer is nowhere.
    [[nodiscard]] uint32_t enter_serial() const { return enter_serial_; }
    [[nodiscard]] uint32_t capabilities() const { return capabilities_; }

    std::vector<std::weak_ptr<Pointer>> pointers;
    std::vector<std::weak_ptr<Object>> seats;

private:
    template <class Send>
    void for_each_pointer(Send&& send) const;

    Server& server_;
    wl_global* global_ = nullptr;
    uint32_t capabilities_;
    uint32_t enter_serial_ = 0;
    std::weak_ptr<Object> focus_;
};

}  // namespace oriel::test
