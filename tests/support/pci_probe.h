// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "pci/function.h"
#include "support/vfio_user_client.h"

namespace oriel::test {

/// What a driver finds in a function's configuration space, by reading and writing it as firmware
/// and drivers do.
struct PciProbe {
    struct Bar {
        uint64_t size = 0;  // 0: not there
        bool io = false;
        bool prefetchable = false;
        bool wide = false;  // 64 bits
    };
    /// A virtio structure's place (virtio 1.2, 4.1.4).
    struct Place {
        pci::RegionIndex bar{};
        uint32_t offset = 0;
        uint32_t length = 0;  // 0: no such capability
    };

    uint16_t vendor = 0;
    uint16_t device = 0;
    uint32_t class_code = 0;
    uint8_t revision = 0;
    std::array<Bar, 6> bars;
    Place common;
    Place notify;
    Place isr;
    Place config;
    uint32_t notify_multiplier = 0;
    uint8_t msix = 0;     // where its capability is; 0: none
    uint8_t pci_cfg = 0;  // where that capability is; 0: none
    uint32_t msix_vectors = 0;

    /// Leaves every BAR as it was.
    static PciProbe of(VfioUserClient& client);
};

}  // namespace oriel::test
