// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace oriel::pci {

/// The VGA half of a display function, as its BARs show it. backend/vga implements it; the function
/// turns accesses of any width into the ones here.
class VgaRegisters {
public:
    VgaRegisters() = default;
    VgaRegisters(const VgaRegisters&) = delete;
    VgaRegisters& operator=(const VgaRegisters&) = delete;
    virtual ~VgaRegisters() = default;

    /// BAR0: the frame buffer memory, a power of two of bytes, the same at every call. The guest
    /// has it mapped and changes it without telling.
    [[nodiscard]] virtual std::span<std::byte> video_memory() = 0;
    /// The file behind video_memory(), which VMMs map. Lent; stays open as long as this lives.
    [[nodiscard]] virtual int video_memory_fd() const = 0;

    /// Port 0x3c0 + `offset`, offset 0 to 0x1f, a byte at a time: a 16-bit access is two, low byte
    /// first. Reads have side effects (0x3da resets the attribute flip-flop).
    [[nodiscard]] virtual uint8_t read_port(uint8_t offset) = 0;
    virtual void write_port(uint8_t offset, uint8_t value) = 0;

    /// bochs DISPI register `index`, 0 (ID) to 0xa (VIDEO_MEMORY_64K) and up to 0xb; unknown ones
    /// read as 0.
    [[nodiscard]] virtual uint16_t read_dispi(uint16_t index) = 0;
    virtual void write_dispi(uint16_t index, uint16_t value) = 0;

    /// The EDID blob in BAR2 as firmware reads it, at most 1024 bytes (what is missing reads as 0).
    [[nodiscard]] virtual std::span<const std::byte> edid() = 0;

    /// Machine reset: registers to their state after power-on. Video memory may keep its contents.
    virtual void reset() = 0;
};

}  // namespace oriel::pci
