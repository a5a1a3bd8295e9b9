// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "vga/vga_registers.h"

namespace oriel::pci {

/// VFIO's VGA region (linux/vfio.h, VFIO_PCI_VGA_REGION_INDEX): what a VGA answers at fixed
/// addresses of the bus, memory and I/O ports in one region by their addresses. What is no VGA's
/// reads as all ones and ignores writes.
class LegacyVga {
public:
    /// `vga` is lent and must outlive this.
    explicit LegacyVga(vga::VgaRegisters& vga) : vga_{vga} {}

    /// Inside the region (layout::kVgaSize), of any length, as the guest made it.
    void read(uint32_t offset, std::span<std::byte> bytes);
    void write(uint32_t offset, std::span<const std::byte> bytes);

private:
    vga::VgaRegisters& vga_;
};

}  // namespace oriel::pci
