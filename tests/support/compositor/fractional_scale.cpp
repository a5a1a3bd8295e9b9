// SPDX-License-Identifier: MIT
#include "fractional-scale-v1-server-protocol.h"

#include "extensions.h"
#include "server.h"
#include "surface.h"

namespace oriel::test {
namespace {

class FractionalScale final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wp_fractional_scale_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_fractional_scale_v1_interface kRequests = {
            .destroy = destroy_resource,
        };
        return &kRequests;
    }
};

class FractionalScaleManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wp_fractional_scale_manager_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_fractional_scale_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .get_fractional_scale = on<&FractionalScaleManager::get_fractional_scale>,
        };
        return &kRequests;
    }

private:
    void get_fractional_scale(uint32_t id, wl_resource* surface) {
        const auto object = object_of<Surface>(surface);
        if (!object->fractional_scale.expired()) {
            server().protocol_error(resource(),
                                    WP_FRACTIONAL_SCALE_MANAGER_V1_ERROR_FRACTIONAL_SCALE_EXISTS,
                                    "a second fractional scale for a surface");
            return;
        }
        const auto made = create<FractionalScale>(server(), client(), version(), id);
        object->fractional_scale = made;
        server().fractional_scales.push_back(made);
        if (server().options.scale_n120 != 0) {
            wp_fractional_scale_v1_send_preferred_scale(made->resource(),
                                                        server().options.scale_n120);
        }
    }
};

}  // namespace

void send_fractional_scale(Server& server, uint32_t n120) {
    for (const auto& scale : server.fractional_scales) {
        if (const auto live = scale.lock(); live && live->resource() != nullptr) {
            wp_fractional_scale_v1_send_preferred_scale(live->resource(), n120);
        }
    }
}

void add_fractional_scale(Server& server) {
    server.add_global(&wp_fractional_scale_manager_v1_interface, server.options.fractional_scale,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<FractionalScaleManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
