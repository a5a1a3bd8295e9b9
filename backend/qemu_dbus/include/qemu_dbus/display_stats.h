// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace oriel::qemu_dbus {

/// Counted since the start, all consoles and connections together.
struct DisplayStats {
    uint64_t connects = 0;  ///< QEMUs, or the same one again
    uint64_t scanouts = 0;
    uint64_t updates = 0;
    uint64_t sent_bytes = 0;  ///< of pixels that came through the socket
    uint64_t scanout_maps = 0;
    uint64_t update_maps = 0;
    uint64_t scanout_dmabufs = 0;
    uint64_t update_dmabufs = 0;
    uint64_t malformed = 0;      ///< calls that lie, or come out of order: forgotten
    uint64_t input_calls = 0;    ///< what users did
    uint64_t input_dropped = 0;  ///< because QEMU doesn't read
    uint64_t errors = 0;         ///< QEMU refused a call
};

}  // namespace oriel::qemu_dbus
