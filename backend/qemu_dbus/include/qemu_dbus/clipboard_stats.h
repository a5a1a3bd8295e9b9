// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace oriel::qemu_dbus {

/// Counted since the start.
struct ClipboardStats {
    uint64_t offers_to_guest = 0;  ///< of the host's
    uint64_t offers_to_host = 0;
    uint64_t texts_to_guest = 0;
    uint64_t texts_to_host = 0;
    uint64_t refused = 0;  ///< texts that are too long, or are none
};

}  // namespace oriel::qemu_dbus
