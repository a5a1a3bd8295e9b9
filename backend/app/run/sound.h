// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "run/qemu_command.h"
#include "run/qemu_probe.h"

namespace oriel::app {

/// Where sound servers of this session listen; empty: there is none.
struct SoundServers {
    std::string pipewire;
    std::string pulse;
    /// As their clients find them.
    [[nodiscard]] static SoundServers of_session();
};

/// The driver for `-audiodev`, with where its server is, by which the guest is heard. Empty: the
/// user has said something of sound, no server runs, or QEMU has no driver for it.
[[nodiscard]] std::string sound_driver(const QemuCommand& command, const SoundServers& servers,
                                       QemuProbe& probe);

}  // namespace oriel::app
