// SPDX-License-Identifier: MIT
#include <wayland-server-protocol.h>

#include "extensions.h"
#include "output.h"
#include "server.h"
#include "xdg-output-unstable-v1-server-protocol.h"

namespace oriel::test {
namespace {

class XdgOutput final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &zxdg_output_v1_interface; }
    static const void* requests() {
        static constexpr struct zxdg_output_v1_interface kRequests = {
            .destroy = destroy_resource,
        };
        return &kRequests;
    }
};

class XdgOutputManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &zxdg_output_manager_v1_interface; }
    static const void* requests() {
        static constexpr struct zxdg_output_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .get_xdg_output = on<&XdgOutputManager::get_xdg_output>,
        };
        return &kRequests;
    }

private:
    void get_xdg_output(uint32_t id, wl_resource* of) {
        const auto object = create<XdgOutput>(server(), client(), version(), id);
        for (const auto& output : server().outputs) {
            output->for_each_of(client(), [&](wl_resource* resource) {
                if (resource == of && version() >= ZXDG_OUTPUT_V1_NAME_SINCE_VERSION) {
                    zxdg_output_v1_send_name(object->resource(), output->options().name.c_str());
                    zxdg_output_v1_send_done(object->resource());
                }
            });
        }
    }
};

}  // namespace

void add_xdg_output(Server& server) {
    server.add_global(&zxdg_output_manager_v1_interface, server.options.xdg_output,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<XdgOutputManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
