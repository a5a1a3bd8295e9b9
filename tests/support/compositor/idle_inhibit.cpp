// SPDX-License-Identifier: MIT
#include "idle-inhibit-unstable-v1-server-protocol.h"

#include "extensions.h"
#include "server.h"

namespace oriel::test {
namespace {

class Inhibitor final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &zwp_idle_inhibitor_v1_interface; }
    static const void* requests() {
        static constexpr struct zwp_idle_inhibitor_v1_interface kRequests = {
            .destroy = destroy_resource,
        };
        return &kRequests;
    }

private:
    void created() override { ++server().state.idle_inhibitors; }
    void destroyed() override { --server().state.idle_inhibitors; }
};

class IdleInhibitManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &zwp_idle_inhibit_manager_v1_interface; }
    static const void* requests() {
        static constexpr struct zwp_idle_inhibit_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .create_inhibitor = on<&IdleInhibitManager::create_inhibitor>,
        };
        return &kRequests;
    }

private:
    void create_inhibitor(uint32_t id, wl_resource*) {
        create<Inhibitor>(server(), client(), version(), id);
    }
};

}  // namespace

void add_idle_inhibit(Server& server) {
    server.add_global(&zwp_idle_inhibit_manager_v1_interface, server.options.idle_inhibit,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<IdleInhibitManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
