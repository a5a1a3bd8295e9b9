// SPDX-License-Identifier: MIT
#include "tearing-control-v1-server-protocol.h"

#include "extensions.h"
#include "server.h"
#include "surface.h"

namespace oriel::test {
namespace {

class TearingControl final : public Object {
public:
    TearingControl(Server& owner, std::weak_ptr<Surface> surface)
        : Object{owner}, surface_{std::move(surface)} {}
    static const wl_interface* interface() { return &wp_tearing_control_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_tearing_control_v1_interface kRequests = {
            .set_presentation_hint = on<&TearingControl::set_presentation_hint>,
            .destroy = destroy_resource,
        };
        return &kRequests;
    }

private:
    void set_presentation_hint(uint32_t hint) {
        if (const auto surface = surface_.lock(); surface && surface->resource() != nullptr) {
            surface->pending();
            surface->state().may_tear = hint == WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC;
        }
    }

    std::weak_ptr<Surface> surface_;
};

class TearingControlManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wp_tearing_control_manager_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_tearing_control_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .get_tearing_control = on<&TearingControlManager::get_tearing_control>,
        };
        return &kRequests;
    }

private:
    void get_tearing_control(uint32_t id, wl_resource* surface) {
        const auto object = object_of<Surface>(surface);
        if (!object->tearing_control.expired()) {
            server().protocol_error(resource(),
                                    WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS,
                                    "a second tearing control for a surface");
            return;
        }
        object->tearing_control = create<TearingControl>(server(), client(), version(), id, object);
    }
};

}  // namespace

void add_tearing_control(Server& server) {
    server.add_global(&wp_tearing_control_manager_v1_interface, server.options.tearing_control,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<TearingControlManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
