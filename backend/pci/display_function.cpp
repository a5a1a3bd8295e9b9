// SPDX-License-Identifier: MIT
#include "pci/display_function.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <optional>

#include "core/byte_reader.h"
#include "display_layout.h"

namespace oriel::pci {
namespace {

constexpr Identity kIdentity{.vendor = DisplayFunction::kIds.vendor,
                             .device = DisplayFunction::kIds.device,
                             .subsystem_vendor = 0x1af4,
                             .subsystem = 0x1100,
                             .class_code = 0x030000,
                             .revision = 1};

/// virtio 1.2, 4.1.4: after the capability's id and next pointer.
struct VirtioCapability {
    uint8_t length;
    uint8_t type;
    uint8_t bar;
    uint8_t id;
    std::array<uint8_t, 2> padding;
    uint32_t offset;
    uint32_t size;
} __attribute__((packed));
static_assert(sizeof(VirtioCapability) == 14);

constexpr uint8_t kTypeCommon = 1;
constexpr uint8_t kTypeNotify = 2;
constexpr uint8_t kTypeIsr = 3;
constexpr uint8_t kTypeDevice = 4;
constexpr uint8_t kTypePciCfg = 5;
constexpr uint8_t kRegisterBar = 2;

struct NotifyCapability {
    VirtioCapability capability;
    uint32_t multiplier;
} __attribute__((packed));

/// 4.1.4.9: a window into the BARs for who can't map them.
struct PciCfgCapability {
    VirtioCapability capability;
    std::array<std::byte, 4> data;
} __attribute__((packed));
// From the start of the capability in configuration space.
constexpr uint32_t kPciCfgData = 16;

/// PCI Local Bus 3.0, 6.8.2: after the capability's id and next pointer.
struct MsixCapability {
    uint16_t control;
    uint32_t table;
    uint32_t pba;
} __attribute__((packed));
constexpr uint16_t kMsixControlWritable = 0xc000;
constexpr uint32_t kMsixBar = 4;

constexpr VirtioCapability register_block(uint8_t type, uint32_t offset, uint32_t size) {
    return {.length = sizeof(VirtioCapability) + 2,
            .type = type,
            .bar = kRegisterBar,
            .offset = offset,
            .size = size};
}

/// Calls `access(offset, part)` for parts of `bytes` that are 1, 2, 4 or 8 bytes long and naturally
/// aligned: an access as a guest makes it stays whole, anything else becomes several.
template <class Byte, class Access>
void for_each_access(uint32_t offset, std::span<Byte> bytes, Access&& access) {
    while (!bytes.empty()) {
        size_t width = 8;
        while (width > bytes.size() || offset % width != 0) {
            width /= 2;
        }
        access(offset, bytes.first(width));
        bytes = bytes.subspan(width);
        offset += static_cast<uint32_t>(width);
    }
}

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

DisplayFunction::DisplayFunction(const Parts& parts)
    : vga_{parts.vga},
      legacy_vga_{parts.vga},
      option_rom_{parts.option_rom},
      virtio_{parts.loop, parts.memory, parts.device,
              static_cast<uint16_t>(parts.device.queue_count() + 1),
              [this](uint16_t vector) {
                  if (interrupts_ != nullptr) {
                      interrupts_->raise(vector);
                  }
              }},
      config_{kIdentity},
      queue_count_{parts.device.queue_count()} {
    config_.set_bar(0, BarType::kMemory32Prefetchable,
                    static_cast<uint32_t>(vga_.video_memory().size()));
    config_.set_bar(2, BarType::kMemory32, layout::kBar2Size);
    config_.set_bar(4, BarType::kMemory32, layout::kBar4Size);
    config_.set_bar(5, BarType::kIo, layout::kBar5Size);
    if (option_rom_ != nullptr) {
        config_.set_rom_bar(static_cast<uint32_t>(option_rom_->bytes().size()));
    }
    add_capabilities();
}

void DisplayFunction::add_capabilities() {
    const MsixCapability msix{.control = static_cast<uint16_t>(msix_vectors() - 1),
                              .table = layout::kMsixTable | kMsixBar,
                              .pba = layout::kMsixPba | kMsixBar};
    config_.add_capability(kCapabilityMsix, bytes_of(msix), bytes_of(kMsixControlWritable));
    config_.add_capability(kCapabilityVendor, bytes_of(register_block(kTypeCommon, layout::kCommon,
                                                                      layout::kCommonSize)));
    config_.add_capability(kCapabilityVendor,
                           bytes_of(register_block(kTypeIsr, layout::kIsr, layout::kIsrSize)));
    config_.add_capability(kCapabilityVendor, bytes_of(register_block(kTypeDevice, layout::kDevice,
                                                                      layout::kDeviceSize)));
    NotifyCapability notify{register_block(kTypeNotify, layout::kNotify, layout::kNotifySize),
                            virtio::kNotifyMultiplier};
    notify.capability.length = sizeof notify + 2;
    config_.add_capability(kCapabilityVendor, bytes_of(notify));

    PciCfgCapability window{register_block(kTypePciCfg, 0, 0), {}};
    window.capability.length = sizeof window + 2;
    window.capability.bar = 0;
    PciCfgCapability writable{};
    writable.capability.bar = 0xff;
    writable.capability.offset = ~uint32_t{0};
    writable.capability.size = ~uint32_t{0};
    writable.data.fill(std::byte{0xff});
    pci_cfg_ = config_.add_capability(kCapabilityVendor, bytes_of(window), bytes_of(writable));
}

uint32_t DisplayFunction::msix_vectors() const {
    return uint32_t{queue_count_} + 1;
}

void DisplayFunction::set_interrupts(Interrupts* interrupts) {
    interrupts_ = interrupts;
    if (interrupts == nullptr) {
        virtio_.detached();
    }
}

Region DisplayFunction::region(RegionIndex index) const {
    switch (index) {
        case RegionIndex::kBar0:
            return {.size = vga_.video_memory().size(),
                    .readable = true,
                    .writable = true,
                    .memory_fd = vga_.video_memory_fd()};
        case RegionIndex::kBar2:
            return {.size = layout::kBar2Size, .readable = true, .writable = true};
        case RegionIndex::kBar4:
            return {.size = layout::kBar4Size, .readable = true, .writable = true};
        case RegionIndex::kBar5:
            return {.size = layout::kBar5Size, .readable = true, .writable = true};
        case RegionIndex::kRom:
            return {.size = option_rom_ != nullptr ? option_rom_->bytes().size() : 0,
                    .readable = option_rom_ != nullptr};
        case RegionIndex::kConfig:
            return {.size = config::kSize, .readable = true, .writable = true};
        case RegionIndex::kVga:
            return {.size = layout::kVgaSize, .readable = true, .writable = true};
        default:
            return {};
    }
}

void DisplayFunction::read(RegionIndex index, uint64_t offset, std::span<std::byte> bytes) {
    assert(offset + bytes.size() <= region(index).size);
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    switch (index) {
        case RegionIndex::kBar0:
            std::memcpy(bytes.data(), vga_.video_memory().data() + offset, bytes.size());
            break;
        case RegionIndex::kBar2:
            for_each_access(static_cast<uint32_t>(offset), bytes,
                            [this](uint32_t at, auto part) { read_bar2(at, part); });
            break;
        case RegionIndex::kRom:
            std::memcpy(bytes.data(), option_rom_->bytes().data() + offset, bytes.size());
            break;
        case RegionIndex::kConfig:
            read_config(static_cast<uint32_t>(offset), bytes);
            break;
        case RegionIndex::kVga:
            legacy_vga_.read(static_cast<uint32_t>(offset), bytes);
            break;
        default:
            // MSI-X: the VMM keeps the table, and nothing is ever pending here.
            break;
    }
}

void DisplayFunction::write(RegionIndex index, uint64_t offset, std::span<const std::byte> bytes) {
    assert(offset + bytes.size() <= region(index).size);
    switch (index) {
        case RegionIndex::kBar0:
            std::memcpy(vga_.video_memory().data() + offset, bytes.data(), bytes.size());
            break;
        case RegionIndex::kBar2:
            for_each_access(static_cast<uint32_t>(offset), bytes,
                            [this](uint32_t at, auto part) { write_bar2(at, part); });
            break;
        case RegionIndex::kConfig:
            write_config(static_cast<uint32_t>(offset), bytes);
            break;
        case RegionIndex::kVga:
            legacy_vga_.write(static_cast<uint32_t>(offset), bytes);
            break;
        default:
            break;
    }
}

void DisplayFunction::reset() {
    // VGA first: when the GPU gives the screen back, no picture from before the reset comes up.
    vga_.reset();
    virtio_.reset();
    config_.reset();
}

void DisplayFunction::read_bar2(uint32_t offset, std::span<std::byte> bytes) {
    using virtio::Block;
    if (within(offset, layout::kEdid, layout::kEdidSize)) {
        const std::span<const std::byte> edid = vga_.edid();
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
    } else if (within(offset, layout::kCommon, layout::kCommonSize)) {
        virtio_.read(Block::kCommon, offset - layout::kCommon, bytes);
    } else if (within(offset, layout::kIsr, layout::kIsrSize)) {
        virtio_.read(Block::kIsr, offset - layout::kIsr, bytes);
    } else if (within(offset, layout::kDevice, layout::kDeviceSize)) {
        virtio_.read(Block::kDevice, offset - layout::kDevice, bytes);
    }
}

void DisplayFunction::write_bar2(uint32_t offset, std::span<const std::byte> bytes) {
    using virtio::Block;
    if (within(offset, layout::kPorts, layout::kPortsSize)) {
        for (const std::byte byte : bytes) {
            vga_.write_port(port_at(offset++), std::to_integer<uint8_t>(byte));
        }
    } else if (within(offset, layout::kDispi, layout::kDispiSize)) {
        write_dispi(offset - layout::kDispi, bytes);
    } else if (within(offset, layout::kExtended, layout::kExtendedSize)) {
        write_extended(offset, bytes);
    } else if (within(offset, layout::kCommon, layout::kCommonSize)) {
        virtio_.write(Block::kCommon, offset - layout::kCommon, bytes);
    } else if (within(offset, layout::kDevice, layout::kDeviceSize)) {
        virtio_.write(Block::kDevice, offset - layout::kDevice, bytes);
    } else if (within(offset, layout::kNotify, layout::kNotifySize)) {
        virtio_.write(Block::kNotify, offset - layout::kNotify, bytes);
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

std::optional<DisplayFunction::Window> DisplayFunction::pci_cfg_window() const {
    VirtioCapability capability{};
    config_.read(pci_cfg_ + 2U, std::as_writable_bytes(std::span{&capability, 1}));
    const auto bar = static_cast<RegionIndex>(capability.bar);
    const uint32_t length = capability.size;
    const bool width_allowed = length == 1 || length == 2 || length == 4;
    if (capability.bar > 5 || !width_allowed || capability.offset % length != 0) {
        return std::nullopt;
    }
    const uint64_t size = region(bar).size;
    if (capability.offset >= size || length > size - capability.offset) {
        return std::nullopt;
    }
    return Window{bar, capability.offset, length};
}

void DisplayFunction::read_config(uint32_t offset, std::span<std::byte> bytes) {
    if (offset == pci_cfg_ + kPciCfgData && bytes.size() <= 4) {
        if (const auto window = pci_cfg_window()) {
            std::array<std::byte, 4> data{};
            read(window->bar, window->offset, std::span{data}.first(window->length));
            config_.set(offset, data);
        }
    }
    config_.read(offset, bytes);
}

void DisplayFunction::write_config(uint32_t offset, std::span<const std::byte> bytes) {
    config_.write(offset, bytes);
    if (offset == pci_cfg_ + kPciCfgData && bytes.size() <= 4) {
        const auto window = pci_cfg_window();
        if (window && bytes.size() >= window->length) {
            write(window->bar, window->offset, bytes.first(window->length));
        }
    }
}

}  // namespace oriel::pci
