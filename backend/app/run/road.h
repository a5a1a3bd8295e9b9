// SPDX-License-Identifier: MIT
// By which road `oriel run` shows a VM.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.h"
#include "run/qemu_command.h"
#include "run/qemu_probe.h"

namespace oriel::app {

enum class Road : uint8_t {
    kVfioUser,   ///< Oriel is the graphics card
    kVhostUser,  ///< Oriel is the device behind a PCI function of QEMU's
    kDbus,       ///< QEMU has a card, and Oriel shows it
};

/// As `--road` names it.
[[nodiscard]] const char* to_string(Road road);

struct RoadWishes {
    std::optional<Road> forced{};   ///< `--road`
    std::string own_card_option{};  ///< one of this program's that only its own card has; or empty
    bool dbus_built = true;         ///< this program has D-Bus
};

struct RoadChoice {
    Road road = Road::kVfioUser;
    std::string why;  ///< for people
};

/// vfio-user where QEMU has the device and nothing asks for a card of QEMU's own, else QEMU's D-Bus
/// display, which also shows firmware and follows the window, else vhost-user. An error where none
/// goes, or the one that is forced doesn't.
[[nodiscard]] Result<RoadChoice> choose_road(const QemuCommand& command, const RoadWishes& wishes,
                                             QemuProbe& probe);

}  // namespace oriel::app
