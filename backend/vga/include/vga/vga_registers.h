// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace oriel {
class StateRecord;
}

namespace oriel::vga {

/// A VGA as a bus reaches it. Whoever has the bus turns accesses of any width into the ones here.
class VgaRegisters {
public:
    VgaRegisters() = default;
    VgaRegisters(const VgaRegisters&) = delete;
    VgaRegisters& operator=(const VgaRegisters&) = delete;
    virtual ~VgaRegisters() = default;

    /// The frame buffer memory, a power of two of bytes, at the same address at every call. The
    /// guest has it mapped and changes it without telling.
    [[nodiscard]] virtual std::span<std::byte> video_memory() = 0;
    /// The file behind video_memory(), which VMMs map. Lent; stays open until power_off().
    [[nodiscard]] virtual int video_memory_fd() const = 0;

    /// Ports 0x3b0 to 0x3df, a byte at a time: a 16-bit access is two, low byte first. Reads have
    /// side effects (0x3da resets the attribute flip-flop).
    [[nodiscard]] virtual uint8_t read_port(uint16_t port) = 0;
    virtual void write_port(uint16_t port, uint8_t value) = 0;

    /// Ports 0x1ce (index), 0x1cf and 0x1d0 (data) of bochs DISPI, which are 16 bits wide.
    [[nodiscard]] virtual uint16_t read_word_port(uint16_t port) = 0;
    virtual void write_word_port(uint16_t port, uint16_t value) = 0;

    /// The byte at 0xa0000 + `offset`, offset below 0x20000. Reads have side effects (latches).
    [[nodiscard]] virtual uint8_t read_window(uint32_t offset) = 0;
    virtual void write_window(uint32_t offset, uint8_t value) = 0;

    /// bochs DISPI register `index`, 0 (ID) to 0xa (VIDEO_MEMORY_64K) and up to 0xb; unknown ones
    /// read as 0.
    [[nodiscard]] virtual uint16_t read_dispi(uint16_t index) = 0;
    virtual void write_dispi(uint16_t index, uint16_t value) = 0;

    /// The byte order of pixels in video memory.
    [[nodiscard]] virtual bool big_endian() = 0;
    virtual void set_big_endian(bool big) = 0;

    /// Machine reset: registers to their state after power-on. Video memory may keep its contents.
    virtual void reset() = 0;
    /// The machine is gone: as reset(), and the next one finds other, empty video memory. Who has
    /// mapped the old one keeps that, and sees nothing of the new one.
    virtual void power_off() = 0;

    /// From now on what another process would need to go on with the registers is in `record`
    /// (lent; null: no longer). What is in the card's latches is not.
    virtual void keep(StateRecord* record) = 0;
    /// As a record says that an earlier process has left them, before keep(). They stay as they are
    /// where it doesn't say it.
    virtual void resume(const StateRecord& record) = 0;
};

}  // namespace oriel::vga
