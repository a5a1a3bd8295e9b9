// SPDX-License-Identifier: MIT
#include "view/libvirt_server.h"

#include <fmt/format.h>
#include <libvirt/virterror.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/text.h"
#include "core/unique_fd.h"
#include "net/dbus_address.h"
#include "net/local_socket.h"
#include "view/domain_xml.h"
#include "view/libvirt_wire.h"

namespace oriel::app {
namespace {

using nlohmann::json;

/// Should an event be lost.
constexpr int kLookAgainMs = 5000;
constexpr int kKeepAliveSeconds = 5;
constexpr unsigned kKeepAliveCount = 3;

void say_nothing(void*, virErrorPtr) {}

std::string libvirt_error() {
    return printable(virGetLastErrorMessage());
}

const char* state_name(int state) {
    switch (state) {
        case VIR_DOMAIN_RUNNING:
        case VIR_DOMAIN_BLOCKED:
            return "running";
        case VIR_DOMAIN_PAUSED:
            return "paused";
        case VIR_DOMAIN_SHUTDOWN:
            return "shutting down";
        case VIR_DOMAIN_SHUTOFF:
            return "shut off";
        case VIR_DOMAIN_CRASHED:
            return "crashed";
        case VIR_DOMAIN_PMSUSPENDED:
            return "asleep";
        default:
            return "in no state";
    }
}

/// Why it does not run, where that says what to wait for.
const char* stop_words(virDomainPtr domain) {
    int state = -1;
    int reason = -1;
    if (virDomainGetState(domain, &state, &reason, 0) < 0 || state != VIR_DOMAIN_SHUTOFF) {
        return "";
    }
    switch (reason) {
        case VIR_DOMAIN_SHUTOFF_MIGRATED:
            return " (it was migrated away)";
        case VIR_DOMAIN_SHUTOFF_SAVED:
            return " (it is saved)";
        case VIR_DOMAIN_SHUTOFF_DESTROYED:
            return " (it was destroyed)";
        case VIR_DOMAIN_SHUTOFF_CRASHED:
            return " (it has crashed)";
        default:
            return "";
    }
}

std::optional<std::string> domain_xml(virDomainPtr domain, unsigned flags) {
    const std::unique_ptr<char, decltype(&std::free)> xml{virDomainGetXMLDesc(domain, flags),
                                                          std::free};
    return xml ? std::optional<std::string>{xml.get()} : std::nullopt;
}

std::vector<DomainGraphics> domain_graphics(virDomainPtr domain, unsigned flags) {
    const auto xml = domain_xml(domain, flags);
    if (!xml) {
        return {};
    }
    return graphics_of_domain(*xml).value_or(std::vector<DomainGraphics>{});
}

json graphics_types(virDomainPtr domain, unsigned flags) {
    json types = json::array();
    for (const DomainGraphics& one : domain_graphics(domain, flags)) {
        types.push_back(printable(one.type));
    }
    return types;
}

Result<UniqueFd> open_graphics(virDomainPtr domain, unsigned index) {
    UniqueFd socket{virDomainOpenGraphicsFD(domain, index, 0)};
    if (!socket) {
        return host_error("{}", libvirt_error());
    }
    return socket;
}

/// Here, as who asks may be in a sandbox, which connects to nothing.
Result<UniqueFd> connect_to_bus(const std::string& address) {
    const std::string path = dbus_socket_path(address);
    if (path.empty()) {
        return host_error("a bus at '{}' is none that can be reached", printable(address));
    }
    return connect_local(path);
}

std::string domain_uuid(virDomainPtr domain) {
    std::array<char, VIR_UUID_STRING_BUFLEN> text{};
    return virDomainGetUUIDString(domain, text.data()) == 0 ? text.data() : "";
}

json description(virDomainPtr domain) {
    int state = -1;
    virDomainGetState(domain, &state, nullptr, 0);
    const bool active = virDomainIsActive(domain) == 1;
    const bool persistent = virDomainIsPersistent(domain) == 1;
    return {{"name", virDomainGetName(domain)},
            {"uuid", domain_uuid(domain)},
            {"state", state_name(state)},
            {"active", active},
            {"live", active ? graphics_types(domain, 0) : json::array()},
            {"next", persistent ? graphics_types(domain, VIR_DOMAIN_XML_INACTIVE) : json::array()}};
}

}  // namespace

LibvirtServer::LibvirtServer(int socket, std::string uri, std::string only)
    : socket_{socket}, uri_{std::move(uri)}, only_{std::move(only)} {
    virSetErrorFunc(nullptr, say_nothing);
    virEventRegisterDefaultImpl();
}

LibvirtServer::~LibvirtServer() = default;

int LibvirtServer::run() {
    if (!connect()) {
        send_error();
        return 1;
    }
    virEventAddHandle(socket_, VIR_EVENT_HANDLE_READABLE | VIR_EVENT_HANDLE_HANGUP, socket_event,
                      this, nullptr);
    virEventAddTimeout(kLookAgainMs, time_event, this, nullptr);
    while (!over_ && virEventRunDefaultImpl() == 0) {
    }
    return 0;
}

bool LibvirtServer::connect() {
    connection_.reset(virConnectOpen(uri_.empty() ? nullptr : uri_.c_str()));
    if (!connection_) {
        return false;
    }
    // Not all drivers have these; who has them tells when the daemon hangs or goes.
    virConnectSetKeepAlive(connection_.get(), kKeepAliveSeconds, kKeepAliveCount);
    virConnectRegisterCloseCallback(connection_.get(), connection_closed, this, nullptr);
    // By way of a type that every function may be cast to: the kind of event says what it is.
    auto* const generic = reinterpret_cast<void (*)()>(domain_event);
    virConnectDomainEventRegisterAny(connection_.get(), nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                     VIR_DOMAIN_EVENT_CALLBACK(generic), this, nullptr);
    return true;
}

void LibvirtServer::socket_event(int, int fd, int events, void* server) {
    auto& self = *static_cast<LibvirtServer*>(server);
    std::array<char, kMaxPacket> packet;
    const auto got = receive_with_fd(fd, packet);
    if (!got || got->bytes == 0) {
        // oriel has ended, unless it was a false alarm.
        self.over_ = self.over_ || (events & VIR_EVENT_HANDLE_HANGUP) != 0 || got.has_value();
        return;
    }
    const json request =
        json::parse(packet.data(), packet.data() + got->bytes, nullptr, /*allow_exceptions=*/false);
    if (request.is_object()) {
        self.handle(request);
    }
}

int LibvirtServer::domain_event(virConnectPtr, virDomainPtr, int, int, void* server) {
    static_cast<LibvirtServer*>(server)->try_to_open();
    return 0;
}

void LibvirtServer::connection_closed(virConnectPtr, int, void* server) {
    auto& self = *static_cast<LibvirtServer*>(server);
    self.send({{"error", "libvirt has closed the connection"}});
    self.over_ = true;
}

void LibvirtServer::time_event(int, void* server) {
    static_cast<LibvirtServer*>(server)->try_to_open();
}

void LibvirtServer::send(const json& message, int fd) {
    const std::string packet = message.dump(-1, ' ', false, json::error_handler_t::replace);
    if (packet.size() <= kMaxPacket) {
        // Where it doesn't go, oriel has ended, and the socket tells.
        static_cast<void>(send_with_fd(socket_, packet, fd));
    }
}

void LibvirtServer::send_error() {
    send({{"error", libvirt_error()}});
}

void LibvirtServer::handle(const json& request) {
    // A field of another kind ends this program, and who asked has it so.
    const std::string command = request.value("command", "");
    const std::string name = request.value("domain", "");
    if (!only_.empty() && (command != "open" || name != only_)) {
        send({{"error", "only the display of one domain is opened"}});
        return;
    }
    if (command == "list") {
        list();
    } else if (command == "describe") {
        describe(name);
    } else if (command == "enable") {
        enable(name);
    } else if (command == "open") {
        if (opening_ != name) {
            said_.clear();
        }
        opening_ = name;
        not_id_ = request.value("not_id", -1);
        try_to_open();
    }
}

/// A name that was used for a domain is that domain, whatever it is called now.
DomainHandle LibvirtServer::find(const std::string& name) {
    if (!uuid_.empty()) {
        if (DomainHandle known{virDomainLookupByUUIDString(connection_.get(), uuid_.c_str())}) {
            return known;
        }
    }
    DomainHandle domain{virDomainLookupByName(connection_.get(), name.c_str())};
    if (!domain && name.size() + 1 == VIR_UUID_STRING_BUFLEN) {
        domain.reset(virDomainLookupByUUIDString(connection_.get(), name.c_str()));
    }
    if (domain) {
        uuid_ = domain_uuid(domain.get());
    }
    return domain;
}

void LibvirtServer::list() {
    virDomainPtr* all = nullptr;
    const int count = virConnectListAllDomains(connection_.get(), &all, 0);
    if (count < 0) {
        send_error();
        return;
    }
    for (int i = 0; i < count; ++i) {
        const DomainHandle domain{all[i]};
        if (static_cast<size_t>(i) < kMaxDomains) {
            send({{"domain", description(domain.get())}});
        }
    }
    std::free(all);
    send({{"end", true}});
}

void LibvirtServer::describe(const std::string& name) {
    const DomainHandle domain = find(name);
    if (domain) {
        send({{"domain", description(domain.get())}});
    } else if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN) {
        send({{"domain", nullptr}});
    } else {
        send_error();
        return;
    }
    send({{"end", true}});
}

void LibvirtServer::enable(const std::string& name) {
    const DomainHandle domain = find(name);
    const auto xml = domain
                         ? domain_xml(domain.get(), VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE)
                         : std::nullopt;
    if (!xml) {
        send_error();
        return;
    }
    const auto more = with_dbus_graphics(*xml);
    if (!more) {
        send({{"error", more.error().message()}});
        return;
    }
    const DomainHandle defined{
        virDomainDefineXMLFlags(connection_.get(), more->c_str(), VIR_DOMAIN_DEFINE_VALIDATE)};
    if (!defined) {
        send_error();
        return;
    }
    send({{"enabled", true}});
}

void LibvirtServer::wait_for(const std::string& why) {
    if (std::exchange(said_, why) != why) {
        send({{"waiting", why}});
    }
}

/// Whenever something has happened to a domain, until there is something to open.
void LibvirtServer::try_to_open() {
    if (opening_.empty()) {
        return;
    }
    const DomainHandle domain = find(opening_);
    if (!domain) {
        wait_for(fmt::format("there is no domain '{}'", opening_));
        return;
    }
    const auto id = static_cast<int>(virDomainGetID(domain.get()));
    if (id < 0) {
        wait_for(fmt::format("domain '{}' does not run{}", virDomainGetName(domain.get()),
                             stop_words(domain.get())));
        return;
    }
    if (id == not_id_) {
        wait_for("its display is another viewer's, or it is about to end");
        return;
    }
    const std::vector<DomainGraphics> all = domain_graphics(domain.get(), 0);
    for (size_t i = 0; i < all.size(); ++i) {
        if (all[i].type != "dbus") {
            continue;
        }
        const auto socket = all[i].p2p ? open_graphics(domain.get(), static_cast<unsigned>(i))
                                       : connect_to_bus(all[i].address);
        if (!socket) {
            wait_for(socket.error().message());
            return;
        }
        send({{"opened", id}, {"bus", !all[i].p2p}}, socket->get());
        opening_.clear();
        return;
    }
    wait_for(fmt::format("domain '{}' has no D-Bus display; it needs {}",
                         virDomainGetName(domain.get()), kDbusGraphics));
}

}  // namespace oriel::app
