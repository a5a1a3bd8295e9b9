// SPDX-License-Identifier: MIT
#include "run/road.h"

#include <fmt/format.h>

#include "run/vmm_facts.h"

namespace oriel::app {
namespace {

constexpr const char* kDevice = "vfio-user-pci";
constexpr const char* kNoDevice = "has no vfio-user-pci (QEMU 10.1 or newer has)";
constexpr const char* kNoDisplay =
    "has no D-Bus display (QEMU 7.0 or newer has; on Debian 13 it is in "
    "qemu-system-modules-opengl)";

/// What stands in the way of the D-Bus road; nullptr: nothing that is known.
const char* dbus_obstacle(const RoadWishes& wishes, QemuProbe& probe) {
    if (!wishes.dbus_built) {
        return "can't be shown: this oriel was built without D-Bus (libsystemd)";
    }
    return probe.has_display("dbus").value_or(true) ? nullptr : kNoDisplay;
}

Result<RoadChoice> forced_road(const RoadWishes& wishes, QemuProbe& probe) {
    if (*wishes.forced == Road::kVfioUser) {
        if (!probe.has_device(kDevice).value_or(true)) {
            return host_error("--road vfio-user: {} {}", probe.program(), kNoDevice);
        }
        return RoadChoice{Road::kVfioUser, "--road says so"};
    }
    if (const char* const obstacle = dbus_obstacle(wishes, probe)) {
        return host_error("--road dbus: {} {}", probe.program(), obstacle);
    }
    return RoadChoice{Road::kDbus, "--road says so"};
}

}  // namespace

Result<RoadChoice> choose_road(const QemuCommand& command, const RoadWishes& wishes,
                               QemuProbe& probe) {
    if (wishes.forced) {
        return forced_road(wishes, probe);
    }
    const auto device = probe.has_device(kDevice);
    const bool vfio_user = device.value_or(true);
    if (!wishes.own_card_option.empty() && vfio_user) {
        return RoadChoice{Road::kVfioUser,
                          fmt::format("{} is for Oriel's own card", wishes.own_card_option)};
    }
    const std::string asked = asks_for_own_card(command);
    if (vfio_user && asked.empty()) {
        return RoadChoice{Road::kVfioUser,
                          device ? "QEMU has the device" : "QEMU could not be asked what it has"};
    }
    const char* const obstacle = dbus_obstacle(wishes, probe);
    if (obstacle == nullptr) {
        return RoadChoice{Road::kDbus, asked.empty()
                                           ? fmt::format("{} {}", probe.program(), kNoDevice)
                                           : fmt::format("{} needs QEMU's own card", asked)};
    }
    if (vfio_user) {
        return RoadChoice{Road::kVfioUser,
                          fmt::format("{} needs QEMU's own card, but QEMU {}", asked, obstacle)};
    }
    return host_error("{} {} and {}", probe.program(), kNoDevice, obstacle);
}

}  // namespace oriel::app
