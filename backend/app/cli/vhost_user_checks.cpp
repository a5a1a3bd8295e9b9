// SPDX-License-Identifier: MIT
#include "cli/vhost_user_checks.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <string_view>

#include "cli/checks.h"
#include "cli/option_table.h"

namespace oriel::app {
namespace {

constexpr std::string_view kDescriptorPrefix = "fd:";

/// The PCI function is the VMM's, and there is no VGA in it.
constexpr std::array kOwnFunction{OptionId::kPciClass, OptionId::kOptionRom, OptionId::kVgaMemory,
                                  OptionId::kFreezeBlink};

void refuse_own_function(const GivenOptions& given, std::string_view road) {
    for (const OptionId id : kOwnFunction) {
        if (given.has(id)) {
            refuse(fmt::format("{} is for a PCI function of Oriel's own: with {} it is the VMM's",
                               option_row(id).name, road));
        }
    }
}

}  // namespace

std::string VhostUserOption::text() const {
    return fd >= 0 ? fmt::format("{}{}", kDescriptorPrefix, fd) : path;
}

std::optional<VhostUserOption> check_vhost_user(const GivenOptions& given) {
    const auto text = given.text(OptionId::kVhostUser);
    if (!text) {
        return std::nullopt;
    }
    if (given.has(OptionId::kVfioUser)) {
        refuse("--vfio-user and --vhost-user are two roads to a VMM: expected one of them");
    }
    refuse_own_function(given, "--vhost-user");
    if (!text->starts_with(kDescriptorPrefix)) {
        if (text->empty()) {
            refuse("--vhost-user SOCKET is empty");
        }
        return VhostUserOption{.path = *text};
    }
    if (given.has(OptionId::kKeep)) {
        refuse("--keep waits for the next VMM, and a socket of fd:N leads to one only");
    }
    const int fd = check_socket_number("--vhost-user", text->substr(kDescriptorPrefix.size()));
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    return VhostUserOption{.fd = fd};
}

void check_vhost_user_road(const GivenOptions& given, ServeOptions& options) {
    if (options.vhost_user) {
        if (options.road != RoadOption::kAuto && options.road != RoadOption::kVhostUser) {
            refuse(fmt::format("--vhost-user says the road: it does not go with --road {}",
                               given.text_or_default(OptionId::kRoad)));
        }
        if (options.vhost_user->fd >= 0) {
            refuse("--vhost-user fd:N is for a VMM that runs already, and run starts one");
        }
        options.road = RoadOption::kVhostUser;
    }
    if (options.road != RoadOption::kVhostUser) {
        return;
    }
    if (given.has(OptionId::kVfioUser)) {
        refuse("--vfio-user is another road than --road vhost-user");
    }
    refuse_own_function(given, "--road vhost-user");
}

}  // namespace oriel::app
