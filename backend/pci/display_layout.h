// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/// Where things are in the display function's BARs (DESIGN.md, "The PCI device"). bochs' and QEMU's
/// drivers know the first four by these addresses.
namespace oriel::pci::layout {

constexpr uint32_t kBar2Size = 0x4000;
constexpr uint32_t kEdid = 0x0000;
constexpr uint32_t kEdidSize = 0x400;
constexpr uint32_t kPorts = 0x0400;
constexpr uint32_t kPortsSize = 0x20;
constexpr uint32_t kDispi = 0x0500;
constexpr uint32_t kDispiSize = 0x18;
// QEMU's extension of bochs' registers: two of 32 bits, the block's size and the byte order.
constexpr uint32_t kExtended = 0x0600;
constexpr uint32_t kExtendedSize = 8;
constexpr uint32_t kByteOrder = 0x0604;
constexpr uint32_t kCommon = 0x1000;
constexpr uint32_t kCommonSize = 0x800;
constexpr uint32_t kIsr = 0x1800;
constexpr uint32_t kIsrSize = 0x800;
constexpr uint32_t kDevice = 0x2000;
constexpr uint32_t kDeviceSize = 0x1000;
constexpr uint32_t kNotify = 0x3000;
constexpr uint32_t kNotifySize = 0x1000;

constexpr uint32_t kBar4Size = 0x1000;
constexpr uint32_t kMsixPba = 0x800;

constexpr uint32_t kBar5Size = 32;

// The legacy VGA region, by bus address; nothing else in it is there.
constexpr uint32_t kVgaSize = 0xc0000;
constexpr uint32_t kVgaWindow = 0xa0000;
constexpr uint32_t kVgaWindowSize = 0x20000;
constexpr uint32_t kVgaDispiPorts = 0x1ce;
constexpr uint32_t kVgaDispiPortsSize = 3;
constexpr uint32_t kVgaMonochromePorts = 0x3b0;
constexpr uint32_t kVgaMonochromePortsSize = 12;
constexpr uint32_t kVgaPorts = 0x3c0;
constexpr uint32_t kVgaPortsSize = 0x20;

}  // namespace oriel::pci::layout
