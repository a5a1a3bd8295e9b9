// SPDX-License-Identifier: MIT
#include "pci/display_function.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>

#include "display_layout.h"

namespace oriel::pci {
namespace {

Identity identity(DisplayClass pci_class) {
    return {.vendor = DisplayFunction::kIds.vendor,
            .device = DisplayFunction::kIds.device,
            .subsystem_vendor = 0x1af4,
            .subsystem = 0x1100,
            .class_code = static_cast<uint32_t>(pci_class),
            .revision = 1};
}

constexpr VirtioLayout kVirtio{.registers = RegionIndex::kBar2,
                               .registers_size = layout::kBar2Size,
                               .common = {layout::kCommon, layout::kCommonSize},
                               .isr = {layout::kIsr, layout::kIsrSize},
                               .device = {layout::kDevice, layout::kDeviceSize},
                               .notify = {layout::kNotify, layout::kNotifySize},
                               .msix = RegionIndex::kBar4,
                               .msix_size = layout::kBar4Size,
                               .msix_pba = layout::kMsixPba,
                               // One INTx makes QEMU stop mapping BAR0 until the next reset.
                               .interrupt_line = false};

bool within(uint32_t offset, uint32_t start, uint32_t size) {
    return offset >= start && offset - start < size;
}

/// The values of layout::kByteOrder: the same in both orders, whoever writes them.
constexpr uint32_t kBigEndian = 0xbebebebe;
constexpr uint32_t kLittleEndian = 0x1e1e1e1e;

/// The VGA port behind an offset in BAR2.
uint16_t port_at(uint32_t offset) {
    return static_cast<uint16_t>(layout::kVgaPorts + offset - layout::kPorts);
}

}  // namespace

DisplayFunction::DisplayFunction(const Setup& parts)
    : VirtioFunction{{parts.loop, parts.memory, parts.device, identity(parts.pci_class), kVirtio}},
      vga_{parts.vga},
      edid_{parts.edid},
      legacy_vga_{parts.vga},
      option_rom_{parts.pci_class == DisplayClass::kVga ? parts.option_rom : nullptr},
      is_vga_{parts.pci_class == DisplayClass::kVga},
      clock_{parts.loop.clock()},
      find_timer_{parts.loop, [this] { tell_not_found(); }} {
    if (!is_vga_) {
        return;
    }
    config().set_bar(0, BarType::kMemory32Prefetchable,
                     static_cast<uint32_t>(vga_.video_memory().size()));
    config().set_bar(5, BarType::kIo, layout::kBar5Size);
    if (option_rom_ != nullptr) {
        config().set_rom_bar(static_cast<uint32_t>(option_rom_->bytes().size()));
    }
}

Region DisplayFunction::region(RegionIndex index) const {
    if (!is_vga_) {
        return VirtioFunction::region(index);
    }
    switch (index) {
        case RegionIndex::kBar0:
            return {.size = vga_.video_memory().size(),
                    .readable = true,
                    .writable = true,
                    .memory_fd = vga_.video_memory_fd()};
        case RegionIndex::kBar5:
            return {.size = layout::kBar5Size, .readable = true, .writable = true};
        case RegionIndex::kRom:
            return {.size = option_rom_ != nullptr ? option_rom_->bytes().size() : 0,
                    .readable = option_rom_ != nullptr};
        case RegionIndex::kVga:
            return {.size = layout::kVgaSize, .readable = true, .writable = true};
        default:
            return VirtioFunction::region(index);
    }
}

void DisplayFunction::read(RegionIndex index, uint64_t offset, std::span<std::byte> bytes) {
    assert(offset + bytes.size() <= region(index).size);
    if (!is_vga_) {
        VirtioFunction::read(index, offset, bytes);
        return;
    }
    switch (index) {
        case RegionIndex::kBar0:
            std::memcpy(bytes.data(), vga_.video_memory().data() + offset, bytes.size());
            break;
        case RegionIndex::kBar5:
            std::fill(bytes.begin(), bytes.end(), std::byte{0});
            break;
        case RegionIndex::kRom:
            std::memcpy(bytes.data(), option_rom_->bytes().data() + offset, bytes.size());
            break;
        case RegionIndex::kVga:
            std::fill(bytes.begin(), bytes.end(), std::byte{0});
            legacy_vga_.read(static_cast<uint32_t>(offset), bytes);
            break;
        default:
            VirtioFunction::read(index, offset, bytes);
            break;
    }
}

void DisplayFunction::write(RegionIndex index, uint64_t offset, std::span<const std::byte> bytes) {
    assert(offset + bytes.size() <= region(index).size);
    if (!is_vga_) {
        VirtioFunction::write(index, offset, bytes);
        return;
    }
    switch (index) {
        case RegionIndex::kBar0:
            std::memcpy(vga_.video_memory().data() + offset, bytes.data(), bytes.size());
            break;
        case RegionIndex::kBar5:
            break;
        case RegionIndex::kVga:
            legacy_vga_.write(static_cast<uint32_t>(offset), bytes);
            break;
        default:
            VirtioFunction::write(index, offset, bytes);
            break;
    }
}

void DisplayFunction::reset() {
    // VGA first: when the GPU gives the screen back, no picture from before the reset comes up.
    vga_.reset();
    VirtioFunction::reset();
}

void DisplayFunction::power_off() {
    VirtioFunction::power_off();
    vga_.power_off();
}

void DisplayFunction::keep(StateRecord* record) {
    VirtioFunction::keep(record);
    vga_.keep(record);
}

bool DisplayFunction::resume(const StateRecord& record) {
    if (!VirtioFunction::resume(record)) {
        return false;
    }
    vga_.resume(record);
    return true;
}

void DisplayFunction::set_interrupts(Interrupts* interrupts) {
    VirtioFunction::set_interrupts(interrupts);
    if (interrupts != nullptr) {
        find_timer_.arm_after(kFindsIt);
    } else {
        find_timer_.disarm();
    }
}

void DisplayFunction::tell_not_found() {
    if (!found() && log_limiter_.admit(clock_.now())) {
        log_warn("pci",
                 "the VM has not looked for its display since it came: it is paused, or was "
                 "restored from a migration or a snapshot, where the display's state doesn't come "
                 "along; then reboot the guest");
    }
}

void DisplayFunction::read_register(uint32_t offset, std::span<std::byte> bytes) {
    if (!is_vga_) {
        VirtioFunction::read_register(offset, bytes);
        return;
    }
    if (within(offset, layout::kEdid, layout::kEdidSize)) {
        const edid::Blob& edid = edid_.edid(0);
        if (offset < edid.size()) {
            std::memcpy(bytes.data(), edid.data() + offset,
                        std::min<size_t>(bytes.size(), edid.size() - offset));
        }
    } else if (within(offset, layout::kPorts, layout::kPortsSize)) {
        for (std::byte& byte : bytes) {
            byte = std::byte{vga_.read_port(port_at(offset++))};
        }
    } else if (within(offset, layout::kDispi, layout::kDispiSize)) {
        for (std::byte& byte : bytes) {
            const uint32_t at = offset++ - layout::kDispi;
            const uint16_t word = vga_.read_dispi(static_cast<uint16_t>(at / 2));
            byte = static_cast<std::byte>(word >> (8 * (at % 2)));
        }
    } else if (within(offset, layout::kExtended, layout::kExtendedSize)) {
        read_extended(offset - layout::kExtended, bytes);
    } else {
        VirtioFunction::read_register(offset, bytes);
    }
}

void DisplayFunction::write_register(uint32_t offset, std::span<const std::byte> bytes) {
    if (!is_vga_) {
        VirtioFunction::write_register(offset, bytes);
        return;
    }
    if (within(offset, layout::kPorts, layout::kPortsSize)) {
        for (const std::byte byte : bytes) {
            vga_.write_port(port_at(offset++), std::to_integer<uint8_t>(byte));
        }
    } else if (within(offset, layout::kDispi, layout::kDispiSize)) {
        write_dispi(offset - layout::kDispi, bytes);
    } else if (within(offset, layout::kExtended, layout::kExtendedSize)) {
        write_extended(offset, bytes);
    } else {
        VirtioFunction::write_register(offset, bytes);
    }
}

void DisplayFunction::write_dispi(uint32_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto index = static_cast<uint16_t>(offset / 2);
        // Half a register keeps its other half.
        uint16_t word = bytes.size() >= 2 ? uint16_t{0} : vga_.read_dispi(index);
        const size_t first = offset % 2;
        const size_t length = std::min<size_t>(2 - first, bytes.size());
        std::memcpy(reinterpret_cast<std::byte*>(&word) + first, bytes.data(), length);
        vga_.write_dispi(index, word);
        bytes = bytes.subspan(length);
        offset += static_cast<uint32_t>(length);
    }
}

void DisplayFunction::read_extended(uint32_t offset, std::span<std::byte> bytes) {
    const std::array<uint32_t, 2> registers{layout::kExtendedSize,
                                            vga_.big_endian() ? kBigEndian : kLittleEndian};
    static_assert(sizeof registers == layout::kExtendedSize);
    std::memcpy(bytes.data(), std::as_bytes(std::span{registers}).data() + offset, bytes.size());
}

void DisplayFunction::write_extended(uint32_t offset, std::span<const std::byte> bytes) {
    uint32_t value = 0;
    if (offset != layout::kByteOrder || bytes.size() != sizeof value) {
        return;
    }
    std::memcpy(&value, bytes.data(), sizeof value);
    if (value == kBigEndian || value == kLittleEndian) {
        vga_.set_big_endian(value == kBigEndian);
    }
}

}  // namespace oriel::pci
