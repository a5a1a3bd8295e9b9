// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/qemu_probe.h"
#include "run/vmm_arguments.h"

namespace oriel::app {

/// What a VM gets whose own graphics card Oriel shows.
struct DbusVmm {
    std::string qmp;    ///< where QEMU is to listen
    std::string sound;  ///< a driver for -audiodev; empty: no sound card
    bool clipboard = false;
    uint32_t outputs = 1;  ///< of a card that the user hasn't chosen
};

/// As complete_vmm_arguments(), for QEMU's D-Bus display: adds that, a monitor, a card that follows
/// the window and an absolute pointer, as far as the user hasn't said what he wants.
[[nodiscard]] VmmArguments complete_dbus_arguments(std::vector<std::string> command,
                                                   const DbusVmm& vmm, QemuProbe& probe);

}  // namespace oriel::app
