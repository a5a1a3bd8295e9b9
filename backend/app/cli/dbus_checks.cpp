// SPDX-License-Identifier: MIT
#include "cli/dbus_checks.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "cli/checks.h"
#include "cli/option_table.h"
#include "cli/values.h"
#include "net/dbus_address.h"

namespace oriel::app {
namespace {

constexpr std::string_view kMonitor = "qmp:";

/// QEMU's own card needs none of them.
constexpr std::array kOwnCard{
    OptionId::kVfioUser,  OptionId::kVhostUser, OptionId::kInputSocket,  OptionId::kQmp,
    OptionId::kAgent,     OptionId::kOutputs,   OptionId::kPciClass,     OptionId::kOptionRom,
    OptionId::kVgaMemory, OptionId::kGpuMemory, OptionId::kGpuResources, OptionId::kFreezeBlink,
};

std::string session_bus() {
    if (const char* const address = std::getenv("DBUS_SESSION_BUS_ADDRESS")) {
        return address;
    }
    const char* const folder = std::getenv("XDG_RUNTIME_DIR");
    return folder != nullptr ? fmt::format("{}{}/bus", kDbusUnixPath, folder) : "";
}

}  // namespace

int check_socket_number(std::string_view option, const std::string& text) {
    const auto fd = parse_number(text);
    int type = 0;
    socklen_t size = sizeof type;
    if (!fd || *fd <= 2 || *fd > INT16_MAX ||
        ::getsockopt(static_cast<int>(*fd), SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
        type != SOCK_STREAM) {
        refuse(fmt::format("{} {}: expected the number of an open stream socket", option, text));
    }
    return static_cast<int>(*fd);
}

namespace {

DbusOption check_address(const std::string& address, const std::string& name) {
    if (address.starts_with(kMonitor) && address.size() > kMonitor.size()) {
        return {.kind = DbusOption::Kind::kMonitor, .path = address.substr(kMonitor.size())};
    }
    DbusOption option{.kind = DbusOption::Kind::kBus,
                      .path = dbus_socket_path(address == "session" ? session_bus() : address),
                      .name = name};
    if (option.path.empty()) {
        refuse(fmt::format("--dbus {}: expected qmp:SOCKET, unix:path=SOCKET of a bus, or session",
                           address));
    }
    return option;
}

}  // namespace

std::string own_card_option(const GivenOptions& given) {
    for (const OptionId id : kOwnCard) {
        // `run` has a monitor on both roads, and a card of QEMU's has as many screens.
        if (given.has(id) && id != OptionId::kQmp && id != OptionId::kOutputs) {
            return std::string{option_row(id).name};
        }
    }
    return {};
}

std::string DbusOption::text() const {
    switch (kind) {
        case Kind::kMonitor:
            return fmt::format("{}{}", kMonitor, path);
        case Kind::kBus:
            return fmt::format("{} on {}{}", name, kDbusUnixPath, path);
        case Kind::kDomain:
            return fmt::format("libvirt's domain {}", name);
        case Kind::kDescriptor:
            break;
    }
    return fmt::format("descriptor {}", fd);
}

std::optional<DbusOption> check_dbus(const GivenOptions& given) {
    const auto address = given.text(OptionId::kDbus);
    const auto fd = given.text(OptionId::kFd);
    const bool named = given.has(OptionId::kDbusName);
    if (!address && !fd) {
        if (named) {
            refuse("--dbus-name goes with --dbus only");
        }
        return std::nullopt;
    }
    if (address && fd) {
        refuse("--dbus and --fd are two ways to a display: expected one of them");
    }
    for (const OptionId id : kOwnCard) {
        if (given.has(id)) {
            refuse(fmt::format("{} is for a card of Oriel's own: it does not go with {}",
                               option_row(id).name, address ? "--dbus" : "--fd"));
        }
    }
    if (fd && given.has(OptionId::kKeep)) {
        refuse("--keep waits for the next QEMU, and a socket of --fd leads to one only");
    }
    if (fd) {
        return DbusOption{.kind = DbusOption::Kind::kDescriptor,
                          .fd = check_socket_number("--fd", *fd)};
    }
    DbusOption option = check_address(*address, given.text_or_default(OptionId::kDbusName));
    if (named && option.kind != DbusOption::Kind::kBus) {
        refuse("--dbus-name is for a bus: a connection by QMP has no names");
    }
    return option;
}

}  // namespace oriel::app
