// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace oriel::app {

/// What `oriel run` makes of a QEMU command line.
struct VmmArguments {
    /// The program and all its arguments: the user's, then ours.
    std::vector<std::string> command;
    /// A line for each thing that was added, and why.
    std::vector<std::string> added;
    /// A line for each thing that stays as the user has it although it won't work with Oriel.
    std::vector<std::string> conflicts;
};

/// Where the VMM finds us.
struct VmmSockets {
    std::string display;
    std::vector<std::string> input;  ///< a device each
    std::string qmp;                 ///< where it is to listen
    std::string agent;               ///< the same, for the guest's SPICE agent; empty: nowhere
    std::string sound{};             ///< a driver for -audiodev; empty: no sound card
    bool vhost_user = false;         ///< the devices are vhost-user's, not vfio-user's
    uint32_t outputs = 1;            ///< over vhost-user it is QEMU that says how many there are
};

/// `command` is a program and its arguments in QEMU's syntax (qemu-system-*, or a script that takes
/// the same ones). Adds what a display and input devices need and the user hasn't said: shared
/// memory, the devices (which a guest can't eject), a monitor, a port for the SPICE agent, no other
/// graphics card, no window of QEMU's own.
[[nodiscard]] VmmArguments complete_vmm_arguments(std::vector<std::string> command,
                                                  const VmmSockets& sockets);

}  // namespace oriel::app
