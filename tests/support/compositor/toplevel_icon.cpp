// SPDX-License-Identifier: MIT
#include "extensions.h"
#include "server.h"

#ifdef ORIEL_HAVE_TOPLEVEL_ICON
#include "xdg-toplevel-icon-v1-server-protocol.h"
#include "xdg_shell.h"

namespace oriel::test {
namespace {

class Icon final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &xdg_toplevel_icon_v1_interface; }
    static const void* requests() {
        static constexpr struct xdg_toplevel_icon_v1_interface kRequests = {
            .destroy = destroy_resource,
            .set_name = on<&Icon::set_name>,
            .add_buffer = ignore<wl_resource*, int32_t>,
        };
        return &kRequests;
    }
    std::string name;

private:
    void set_name(const char* text) { name = text; }
};

class ToplevelIconManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &xdg_toplevel_icon_manager_v1_interface; }
    static const void* requests() {
        static constexpr struct xdg_toplevel_icon_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .create_icon = on<&ToplevelIconManager::create_icon>,
            .set_icon = on<&ToplevelIconManager::set_icon>,
        };
        return &kRequests;
    }

private:
    void create_icon(uint32_t id) { create<Icon>(server(), client(), version(), id); }
    void set_icon(wl_resource* toplevel, wl_resource* icon) {
        const auto object = object_of<Icon>(icon);
        object_of<Toplevel>(toplevel)->state().icon = object ? object->name : "";
    }
};

}  // namespace

void add_toplevel_icon(Server& server) {
    server.add_global(&xdg_toplevel_icon_manager_v1_interface, server.options.toplevel_icon,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<ToplevelIconManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
#else
namespace oriel::test {

void add_toplevel_icon(Server&) {}

}  // namespace oriel::test
#endif
