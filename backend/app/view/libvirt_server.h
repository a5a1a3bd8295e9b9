// SPDX-License-Identifier: MIT
// The part of oriel-libvirt that talks with libvirt. All of libvirt's calls wait for its daemon, so
// it is a process of its own.
#pragma once

#include <libvirt/libvirt.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/unique_handle.h"

namespace oriel::app {

/// libvirt's objects are released with a result that says nothing.
inline void free_domain(virDomainPtr domain) {
    virDomainFree(domain);
}
inline void close_connection(virConnectPtr connection) {
    virConnectClose(connection);
}
using DomainHandle = UniqueHandle<virDomain, free_domain>;

class LibvirtServer {
public:
    /// `socket` is oriel's (lent, and must outlive this), `uri` libvirt's (empty: its default one).
    /// `only`: the domain whose display may be opened, and that is all that may be asked for: who
    /// asks serves a VM, and may have been broken into. Empty: a user asks.
    LibvirtServer(int socket, std::string uri, std::string only);
    LibvirtServer(const LibvirtServer&) = delete;
    LibvirtServer& operator=(const LibvirtServer&) = delete;
    ~LibvirtServer();

    /// Until oriel has gone, or libvirt. The process's exit status.
    [[nodiscard]] int run();

private:
    static void socket_event(int watch, int fd, int events, void* server);
    static int domain_event(virConnectPtr connection, virDomainPtr domain, int event, int detail,
                            void* server);
    static void connection_closed(virConnectPtr connection, int reason, void* server);
    static void time_event(int timer, void* server);

    [[nodiscard]] bool connect();
    void handle(const nlohmann::json& request);
    void list();
    void describe(const std::string& name);
    void enable(const std::string& name);
    void try_to_open();
    void send(const nlohmann::json& message, int fd = -1);
    void send_error();
    void wait_for(const std::string& why);
    [[nodiscard]] DomainHandle find(const std::string& name);

    const int socket_;
    const std::string uri_;
    const std::string only_;
    UniqueHandle<virConnect, close_connection> connection_;
    bool over_ = false;
    /// What is to be opened; empty: nothing now.
    std::string opening_;
    /// The domain that was found by that name: one that is renamed stays the same.
    std::string uuid_;
    int not_id_ = -1;
    std::string said_;
};

}  // namespace oriel::app
