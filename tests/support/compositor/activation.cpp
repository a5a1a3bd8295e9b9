// SPDX-License-Identifier: MIT
#include "xdg-activation-v1-server-protocol.h"

#include "extensions.h"
#include "server.h"
#include "surface.h"

namespace oriel::test {
namespace {

class Activation final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &xdg_activation_v1_interface; }
    static const void* requests() {
        static constexpr struct xdg_activation_v1_interface kRequests = {
            .destroy = destroy_resource,
            .get_activation_token = on<&Activation::get_activation_token>,
            .activate = on<&Activation::activate>,
        };
        return &kRequests;
    }

private:
    void get_activation_token(uint32_t) {
        server().violation(resource(), "nobody is started, so nobody needs a token");
    }
    void activate(const char* token, wl_resource* surface) {
        server().state.activations.emplace_back(token, object_of<Surface>(surface)->number());
    }
};

}  // namespace

void add_activation(Server& server) {
    server.add_global(&xdg_activation_v1_interface, server.options.activation,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<Activation>(server, client, version, id);
                      });
}

}  // namespace oriel::test
