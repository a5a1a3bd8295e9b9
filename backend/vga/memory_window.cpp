// SPDX-License-Identifier: MIT
#include "vga/memory_window.h"

#include <bit>
#include <cassert>

namespace oriel::vga {
namespace {

constexpr uint8_t kMiscRamEnable = 0x02;
constexpr uint8_t kMiscLowPage = 0x20;

constexpr uint8_t kSequencerMapMask = 2;
constexpr uint8_t kSequencerMemoryMode = 4;
constexpr uint8_t kExtendedMemory = 0x02;
constexpr uint8_t kSequential = 0x04;  // not odd/even
constexpr uint8_t kChain4 = 0x08;

constexpr uint8_t kSetReset = 0;
constexpr uint8_t kEnableSetReset = 1;
constexpr uint8_t kColourCompare = 2;
constexpr uint8_t kDataRotate = 3;
constexpr uint8_t kReadMapSelect = 4;
constexpr uint8_t kMode = 5;
constexpr uint8_t kMiscellaneous = 6;
constexpr uint8_t kColourCare = 7;
constexpr uint8_t kBitMask = 8;

constexpr uint8_t kWriteMode = 0x03;
constexpr uint8_t kReadModeCompare = 0x08;
constexpr uint8_t kReadOddEven = 0x10;
constexpr uint8_t kChainOddEven = 0x02;

constexpr uint32_t kUnits = 0x10000;
constexpr uint32_t kUnitsWithoutExtendedMemory = 0x4000;
constexpr uint32_t kBankBytes = 0x10000;
constexpr uint8_t kNothing = 0xff;

/// Where the window begins and how long it is, by graphics register 6, bits 2 and 3.
struct Map {
    uint32_t start;
    uint32_t size;
};
constexpr std::array<Map, 4> kMaps{{
    {0x00000, 0x20000},
    {0x00000, 0x10000},
    {0x10000, 0x08000},
    {0x18000, 0x08000},
}};

/// Bit p of `planes` fills byte p.
constexpr uint32_t by_plane(uint8_t planes) {
    uint32_t filled = 0;
    for (uint32_t plane = 0; plane < 4; ++plane) {
        filled |= (planes >> plane & 1U) * (uint32_t{0xff} << (8 * plane));
    }
    return filled;
}

constexpr uint32_t in_all_planes(uint8_t byte) {
    return byte * 0x01010101U;
}

}  // namespace

MemoryWindow::MemoryWindow(const Registers& registers, const Dispi& dispi,
                           std::span<std::byte> memory)
    : registers_{registers}, dispi_{dispi}, memory_{memory} {
    assert(std::has_single_bit(memory.size()) && memory.size() >= kBankBytes);
}

std::optional<size_t> MemoryWindow::linear(uint32_t offset) const {
    const uint64_t at = dispi_.bank_offset() + offset;
    if (offset >= kBankBytes || at >= memory_.size()) {
        return std::nullopt;
    }
    return at;
}

std::optional<MemoryWindow::Target> MemoryWindow::target(uint32_t offset) const {
    if (dispi_.enabled()) {
        const uint64_t unit = dispi_.bank_offset() + offset;
        if (offset >= kBankBytes || unit >= memory_.size() / 4) {
            return std::nullopt;
        }
        const auto plane = static_cast<uint8_t>(registers_.graphics(kReadMapSelect) & 3);
        return Target{.unit = static_cast<uint32_t>(unit), .read_plane = plane};
    }
    if ((registers_.misc() & kMiscRamEnable) == 0) {
        return std::nullopt;
    }
    const size_t index = registers_.graphics(kMiscellaneous) >> 2 & 3U;
    const Map& map = kMaps[index];
    if (offset < map.start || offset - map.start >= map.size) {
        return std::nullopt;
    }
    return vga_target(offset - map.start, index == 0);
}

MemoryWindow::Target MemoryWindow::vga_target(uint32_t address, bool whole_window) const {
    const uint8_t memory_mode = registers_.sequencer(kSequencerMemoryMode);
    Target target{.unit = address};
    if ((memory_mode & kChain4) != 0) {
        target.unit = address & ~3U;
        target.read_plane = address & 3;
        target.write_planes = static_cast<uint8_t>(1U << target.read_plane);
    } else {
        const bool odd = (address & 1) != 0;
        target.read_plane = registers_.graphics(kReadMapSelect) & 3;
        if ((registers_.graphics(kMode) & kReadOddEven) != 0) {
            target.read_plane = static_cast<uint8_t>((target.read_plane & 2) | (odd ? 1 : 0));
        }
        if ((memory_mode & kSequential) == 0) {
            target.write_planes = odd ? 0x0a : 0x05;
        }
        if ((registers_.graphics(kMiscellaneous) & kChainOddEven) != 0) {
            // Bit 0 has chosen the plane. A higher one takes its place: with 128 KiB bit 16, else
            // the page bit, which every mode of the BIOS sets for what is shown.
            const bool high =
                whole_window ? (address >> 16 & 1) != 0 : (registers_.misc() & kMiscLowPage) == 0;
            target.unit = (address & ~1U) | (high ? 1U : 0U);
        }
    }
    const bool extended = (memory_mode & kExtendedMemory) != 0;
    target.unit &= (extended ? kUnits : kUnitsWithoutExtendedMemory) - 1;
    target.unit &= static_cast<uint32_t>(memory_.size() / 4 - 1);
    return target;
}

uint32_t MemoryWindow::load(uint32_t unit) const {
    uint32_t planes = 0;
    for (uint32_t plane = 0; plane < 4; ++plane) {
        planes |= std::to_integer<uint32_t>(memory_[size_t{unit} * 4 + plane]) << (8 * plane);
    }
    return planes;
}

uint8_t MemoryWindow::read(uint32_t offset) {
    if (is_linear()) {
        const auto at = linear(offset);
        return at ? std::to_integer<uint8_t>(memory_[*at]) : kNothing;
    }
    const auto from = target(offset);
    if (!from) {
        return kNothing;
    }
    latches_ = load(from->unit);
    if ((registers_.graphics(kMode) & kReadModeCompare) != 0) {
        return compare_colours();
    }
    return static_cast<uint8_t>(latches_ >> (8 * from->read_plane));
}

uint8_t MemoryWindow::compare_colours() const {
    const uint32_t wanted = by_plane(registers_.graphics(kColourCompare));
    uint32_t differs = (latches_ ^ wanted) & by_plane(registers_.graphics(kColourCare));
    differs |= differs >> 16;
    differs |= differs >> 8;
    return static_cast<uint8_t>(~differs);
}

uint32_t MemoryWindow::combine(uint8_t value) const {
    const uint8_t rotate = registers_.graphics(kDataRotate);
    const uint32_t rotated = in_all_planes(std::rotr(value, rotate & 7));
    const uint32_t set_reset = by_plane(registers_.graphics(kSetReset));
    uint32_t mask = in_all_planes(registers_.graphics(kBitMask));
    uint32_t data = 0;
    switch (registers_.graphics(kMode) & kWriteMode) {
        case 0: {
            const uint32_t fixed = by_plane(registers_.graphics(kEnableSetReset));
            data = (rotated & ~fixed) | (set_reset & fixed);
            break;
        }
        case 1:
            return latches_;
        case 2:
            data = by_plane(value & 0x0f);
            break;
        default:
            mask &= rotated;
            data = set_reset;
            break;
    }
    switch (rotate >> 3) {
        case 1:
            data &= latches_;
            break;
        case 2:
            data |= latches_;
            break;
        case 3:
            data ^= latches_;
            break;
        default:
            break;
    }
    return (data & mask) | (latches_ & ~mask);
}

void MemoryWindow::write(uint32_t offset, uint8_t value) {
    if (is_linear()) {
        if (const auto at = linear(offset)) {
            memory_[*at] = std::byte{value};
        }
        return;
    }
    const auto to = target(offset);
    if (!to) {
        return;
    }
    const uint32_t data = combine(value);
    const int planes = to->write_planes & registers_.sequencer(kSequencerMapMask);
    for (uint32_t plane = 0; plane < 4; ++plane) {
        if ((planes >> plane & 1) != 0) {
            memory_[size_t{to->unit} * 4 + plane] = static_cast<std::byte>(data >> (8 * plane));
        }
    }
}

void MemoryWindow::read(uint32_t offset, std::span<std::byte> bytes) {
    for (std::byte& byte : bytes) {
        byte = std::byte{read(offset++)};
    }
}

void MemoryWindow::write(uint32_t offset, std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) {
        write(offset++, std::to_integer<uint8_t>(byte));
    }
}

}  // namespace oriel::vga
