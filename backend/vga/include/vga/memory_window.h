// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "vga/dispi.h"
#include "vga/registers.h"

namespace oriel::vga {

/// The guest's accesses at 0xa0000 to 0xbffff: the way through the graphics controller to video
/// memory (IBM VGA technical reference, "Graphics controller"; FreeVGA, "Accessing the VGA display
/// memory").
///
/// The first 256 KiB of video memory are 64 Ki *units* of four bytes, one of each plane: byte 4*a +
/// p is plane p at address a. While a bochs mode is on, 0xa0000 to 0xaffff is the bank that DISPI
/// has chosen: bytes of video memory as they are, or units in a 4 bpp mode.
///
/// Wider accesses are bytes in order, lowest first. Nothing here ever touches memory outside of the
/// span; what the registers put outside reads as 0xff and is not written.
class MemoryWindow {
public:
    static constexpr uint32_t kFirstAddress = 0xa0000;
    static constexpr uint32_t kBytes = 0x20000;

    /// All lent and must outlive this. `memory`: a power of two of at least 64 KiB.
    MemoryWindow(const Registers& registers, const Dispi& dispi, std::span<std::byte> memory);

    /// The byte at 0xa0000 + `offset`. A planar read loads the latches.
    [[nodiscard]] uint8_t read(uint32_t offset);
    void write(uint32_t offset, uint8_t value);
    void read(uint32_t offset, std::span<std::byte> bytes);
    void write(uint32_t offset, std::span<const std::byte> bytes);

    /// The latches as after power-on.
    void reset() { latches_ = 0; }

private:
    /// Where an access goes, and which planes take part.
    struct Target {
        uint32_t unit = 0;
        uint8_t read_plane = 0;
        uint8_t write_planes = 0x0f;
    };

    [[nodiscard]] std::optional<Target> target(uint32_t offset) const;
    [[nodiscard]] Target vga_target(uint32_t address, bool whole_window) const;
    /// In a bochs mode of 8 bpp or more: the byte's place in video memory.
    [[nodiscard]] std::optional<size_t> linear(uint32_t offset) const;
    [[nodiscard]] bool is_linear() const { return dispi_.enabled() && !dispi_.planar(); }

    [[nodiscard]] uint32_t load(uint32_t unit) const;
    [[nodiscard]] uint8_t compare_colours() const;
    [[nodiscard]] uint32_t combine(uint8_t value) const;

    const Registers& registers_;
    const Dispi& dispi_;
    std::span<std::byte> memory_;
    /// Plane p in bits 8p to 8p + 7.
    uint32_t latches_ = 0;
};

}  // namespace oriel::vga
