// SPDX-License-Identifier: MIT
#include "server.h"
#include "xdg-decoration-unstable-v1-server-protocol.h"
#include "xdg_shell.h"

namespace oriel::test {
namespace {

/// zxdg_toplevel_decoration_v1
class Decoration final : public Object {
public:
    Decoration(Server& owner, std::weak_ptr<Toplevel> toplevel)
        : Object{owner}, toplevel_{std::move(toplevel)} {}
    static const wl_interface* interface() { return &zxdg_toplevel_decoration_v1_interface; }
    static const void* requests() {
        static constexpr struct zxdg_toplevel_decoration_v1_interface kRequests = {
            .destroy = destroy_resource,
            .set_mode = on<&Decoration::set_mode>,
            .unset_mode = on<&Decoration::unset_mode>,
        };
        return &kRequests;
    }

private:
    void set_mode(uint32_t mode) { ask(mode); }
    void unset_mode() { ask(std::nullopt); }
    void ask(std::optional<uint32_t> mode) {
        const auto toplevel = toplevel_.lock();
        if (!toplevel) {
            server().protocol_error(resource(), ZXDG_TOPLEVEL_DECORATION_V1_ERROR_ORPHANED,
                                    "the toplevel is gone");
            return;
        }
        toplevel->state().decoration_requested = mode;
        if (server().options.auto_configure && toplevel->state().configure_sent != 0) {
            toplevel->configure_as_asked();
        }
    }

    std::weak_ptr<Toplevel> toplevel_;
};

class DecorationManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &zxdg_decoration_manager_v1_interface; }
    static const void* requests() {
        static constexpr struct zxdg_decoration_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .get_toplevel_decoration = on<&DecorationManager::get_toplevel_decoration>,
        };
        return &kRequests;
    }

private:
    void get_toplevel_decoration(uint32_t id, wl_resource* toplevel) {
        const auto object = object_of<Toplevel>(toplevel);
        object->set_decoration(create<Decoration>(server(), client(), version(), id, object));
    }
};

}  // namespace

void configure_decoration(const Object& decoration, const WindowState& state) {
    zxdg_toplevel_decoration_v1_send_configure(
        decoration.resource(),
        state.decoration_requested.value_or(ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE));
}

void add_decoration(Server& server) {
    server.add_global(&zxdg_decoration_manager_v1_interface, server.options.xdg_decoration,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<DecorationManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
