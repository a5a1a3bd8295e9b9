// SPDX-License-Identifier: MIT
#include "relative-pointer-unstable-v1-server-protocol.h"

#include "extensions.h"
#include "server.h"

namespace oriel::test {
namespace {

class RelativePointer final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &zwp_relative_pointer_v1_interface; }
    static const void* requests() {
        static constexpr struct zwp_relative_pointer_v1_interface kRequests = {
            .destroy = destroy_resource,
        };
        return &kRequests;
    }
};

class RelativePointerManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &zwp_relative_pointer_manager_v1_interface; }
    static const void* requests() {
        static constexpr struct zwp_relative_pointer_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .get_relative_pointer = on<&RelativePointerManager::get_relative_pointer>,
        };
        return &kRequests;
    }

private:
    void get_relative_pointer(uint32_t id, wl_resource*) {
        server().relative_pointers.push_back(
            create<RelativePointer>(server(), client(), version(), id));
    }
};

}  // namespace

void move_relative_pointers(Server& server, double dx, double dy) {
    for (const auto& pointer : server.relative_pointers) {
        if (const auto live = pointer.lock(); live && live->resource() != nullptr) {
            // Accelerated ones are other numbers, so that nobody takes them.
            zwp_relative_pointer_v1_send_relative_motion(
                live->resource(), 0, 0, wl_fixed_from_double(3 * dx), wl_fixed_from_double(3 * dy),
                wl_fixed_from_double(dx), wl_fixed_from_double(dy));
        }
    }
}

void add_relative_pointer(Server& server) {
    server.add_global(&zwp_relative_pointer_manager_v1_interface, server.options.relative_pointer,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<RelativePointerManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
