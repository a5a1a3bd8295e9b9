// SPDX-License-Identifier: MIT
#include "run/road.h"

#include <fmt/format.h>

#include "run/vmm_facts.h"

namespace oriel::app {
namespace {

constexpr const char* kDevice = "vfio-user-pci";
constexpr const char* kVhostDevice = "vhost-user-gpu-pci";
constexpr const char* kNoDevice = "has no vfio-user-pci (QEMU 10.1 or newer has)";
constexpr const char* kNoDisplay =
    "has no D-Bus display (QEMU 7.0 or newer has; on Debian 13 it is in "
    "qemu-system-modules-opengl)";
constexpr const char* kNoVhostDevice =
    "has no vhost-user-gpu-pci (on Debian it is in qemu-system-common)";
constexpr const char* kOnlyKvm = "has its vhost-user devices with KVM only (from 8.0 on without)";
/// Older ones want KVM's eventfds for vhost-user.
constexpr int kVhostWithoutKvm = 8;

/// What stands in the way of the D-Bus road; nullptr: nothing that is known.
const char* dbus_obstacle(const RoadWishes& wishes, QemuProbe& probe) {
    if (!wishes.dbus_built) {
        return "can't be shown: this oriel was built without D-Bus (libsystemd)";
    }
    return probe.has_display("dbus").value_or(true) ? nullptr : kNoDisplay;
}

/// The same for vhost-user.
const char* vhost_obstacle(const QemuCommand& command, QemuProbe& probe) {
    if (!probe.has_device(kVhostDevice).value_or(true)) {
        return kNoVhostDevice;
    }
    return wants_kvm(command) ||
                   probe.major_version().value_or(kVhostWithoutKvm) >= kVhostWithoutKvm
               ? nullptr
               : kOnlyKvm;
}

const char* vfio_obstacle(QemuProbe& probe) {
    return probe.has_device(kDevice).value_or(true) ? nullptr : kNoDevice;
}

Result<RoadChoice> forced_road(const QemuCommand& command, const RoadWishes& wishes,
                               QemuProbe& probe) {
    const Road road = *wishes.forced;
    const char* const obstacle = road == Road::kVfioUser    ? vfio_obstacle(probe)
                                 : road == Road::kVhostUser ? vhost_obstacle(command, probe)
                                                            : dbus_obstacle(wishes, probe);
    if (obstacle != nullptr) {
        return host_error("--road {}: {} {}", to_string(road), probe.program(), obstacle);
    }
    return RoadChoice{road, "--road says so"};
}

/// Where QEMU has no vfio-user.
Result<RoadChoice> old_road(const QemuCommand& command, const RoadWishes& wishes, QemuProbe& probe,
                            const std::string& asked) {
    const char* const display = dbus_obstacle(wishes, probe);
    if (display == nullptr) {
        return RoadChoice{Road::kDbus, asked.empty()
                                           ? fmt::format("{} {}", probe.program(), kNoDevice)
                                           : fmt::format("{} needs QEMU's own card", asked)};
    }
    const char* const vhost = vhost_obstacle(command, probe);
    if (vhost == nullptr) {
        return RoadChoice{
            Road::kVhostUser,
            asked.empty() ? fmt::format("{} {} and {}", probe.program(), kNoDevice, display)
                          : fmt::format("{} needs QEMU's own card, but QEMU {}", asked, display)};
    }
    return host_error("{} {}, {}, and {}", probe.program(), kNoDevice, display, vhost);
}

}  // namespace

const char* to_string(Road road) {
    switch (road) {
        case Road::kVfioUser:
            return "vfio-user";
        case Road::kVhostUser:
            return "vhost-user";
        case Road::kDbus:
            break;
    }
    return "dbus";
}

Result<RoadChoice> choose_road(const QemuCommand& command, const RoadWishes& wishes,
                               QemuProbe& probe) {
    if (wishes.forced) {
        return forced_road(command, wishes, probe);
    }
    const auto device = probe.has_device(kDevice);
    const std::string asked = asks_for_own_card(command);
    if (!device.value_or(true)) {
        return old_road(command, wishes, probe, asked);
    }
    if (!wishes.own_card_option.empty()) {
        return RoadChoice{Road::kVfioUser,
                          fmt::format("{} is for Oriel's own card", wishes.own_card_option)};
    }
    if (asked.empty()) {
        return RoadChoice{Road::kVfioUser,
                          device ? "QEMU has the device" : "QEMU could not be asked what it has"};
    }
    if (const char* const obstacle = dbus_obstacle(wishes, probe)) {
        return RoadChoice{Road::kVfioUser,
                          fmt::format("{} needs QEMU's own card, but QEMU {}", asked, obstacle)};
    }
    return RoadChoice{Road::kDbus, fmt::format("{} needs QEMU's own card", asked)};
}

}  // namespace oriel::app
