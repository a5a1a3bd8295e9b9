// SPDX-License-Identifier: MIT
#include <algorithm>

#include "extensions.h"
#include "keyboard-shortcuts-inhibit-unstable-v1-server-protocol.h"
#include "server.h"
#include "surface.h"

namespace oriel::test {
namespace {

class Inhibitor final : public Object {
public:
    Inhibitor(Server& owner, uint64_t surface, const wl_resource* seat)
        : Object{owner}, surface_{surface}, seat_{seat} {}
    static const wl_interface* interface() {
        return &zwp_keyboard_shortcuts_inhibitor_v1_interface;
    }
    static const void* requests() {
        static constexpr struct zwp_keyboard_shortcuts_inhibitor_v1_interface kRequests = {
            .destroy = destroy_resource,
        };
        return &kRequests;
    }
    [[nodiscard]] bool is_for(uint64_t surface, const wl_resource* seat) const {
        return resource() != nullptr && surface_ == surface && seat_ == seat;
    }

private:
    void created() override { server().state.shortcuts_inhibited.push_back(surface_); }
    void destroyed() override {
        auto& all = server().state.shortcuts_inhibited;
        all.erase(std::find(all.begin(), all.end(), surface_));
    }

    uint64_t surface_;
    const wl_resource* seat_;  ///< only compared
};

class ShortcutsInhibitManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() {
        return &zwp_keyboard_shortcuts_inhibit_manager_v1_interface;
    }
    static const void* requests() {
        static constexpr struct zwp_keyboard_shortcuts_inhibit_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .inhibit_shortcuts = on<&ShortcutsInhibitManager::inhibit_shortcuts>,
        };
        return &kRequests;
    }

private:
    void inhibit_shortcuts(uint32_t id, wl_resource* surface, wl_resource* seat) {
        const uint64_t number = object_of<Surface>(surface)->number();
        for (const auto& other : server().inhibitors) {
            const auto live = std::static_pointer_cast<Inhibitor>(other.lock());
            if (live && live->is_for(number, seat)) {
                server().protocol_error(
                    resource(), ZWP_KEYBOARD_SHORTCUTS_INHIBIT_MANAGER_V1_ERROR_ALREADY_INHIBITED,
                    "a second inhibitor for a surface and a seat");
                return;
            }
        }
        const auto inhibitor = create<Inhibitor>(server(), client(), version(), id, number, seat);
        server().inhibitors.push_back(inhibitor);
        if (server().options.grant_inhibitors) {
            zwp_keyboard_shortcuts_inhibitor_v1_send_active(inhibitor->resource());
        }
    }
};

}  // namespace

void set_inhibitors_active(Server& server, bool active) {
    for (const auto& inhibitor : server.inhibitors) {
        const auto live = inhibitor.lock();
        if (!live || live->resource() == nullptr) {
            continue;
        }
        if (active) {
            zwp_keyboard_shortcuts_inhibitor_v1_send_active(live->resource());
        } else {
            zwp_keyboard_shortcuts_inhibitor_v1_send_inactive(live->resource());
        }
    }
}

void add_shortcuts_inhibit(Server& server) {
    server.add_global(&zwp_keyboard_shortcuts_inhibit_manager_v1_interface,
                      server.options.shortcuts_inhibit,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<ShortcutsInhibitManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
