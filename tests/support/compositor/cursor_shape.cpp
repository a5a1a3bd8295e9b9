// SPDX-License-Identifier: MIT
#include "extensions.h"
#include "server.h"

#ifdef ORIEL_HAVE_CURSOR_SHAPE
#include "cursor-shape-v1-server-protocol.h"
#include "seat.h"

namespace oriel::test {
namespace {

class ShapeDevice final : public Object {
public:
    ShapeDevice(Server& owner, std::weak_ptr<Pointer> pointer)
        : Object{owner}, pointer_{std::move(pointer)} {}
    static const wl_interface* interface() { return &wp_cursor_shape_device_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_cursor_shape_device_v1_interface kRequests = {
            .destroy = destroy_resource,
            .set_shape = on<&ShapeDevice::set_shape>,
        };
        return &kRequests;
    }

private:
    void set_shape(uint32_t serial, uint32_t shape) {
        const auto pointer = pointer_.lock();
        if (pointer && pointer->check_serial(serial)) {
            CursorState& cursor = server().state.cursor;
            cursor.shape = shape;
            cursor.hidden = false;
            cursor.surface = 0;
        }
    }

    std::weak_ptr<Pointer> pointer_;
};

class CursorShapeManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wp_cursor_shape_manager_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_cursor_shape_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .get_pointer = on<&CursorShapeManager::get_pointer>,
            .get_tablet_tool_v2 = ignore<uint32_t, wl_resource*>,
        };
        return &kRequests;
    }

private:
    void get_pointer(uint32_t id, wl_resource* pointer) {
        create<ShapeDevice>(server(), client(), version(), id, object_of<Pointer>(pointer));
    }
};

}  // namespace

void add_cursor_shape(Server& server) {
    server.add_global(&wp_cursor_shape_manager_v1_interface, server.options.cursor_shape,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<CursorShapeManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
#else
namespace oriel::test {

void add_cursor_shape(Server&) {}

}  // namespace oriel::test
#endif
