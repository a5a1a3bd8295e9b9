// SPDX-License-Identifier: MIT
#include "pci/virtio_function.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <utility>

#include "core/byte_reader.h"

namespace oriel::pci {
namespace {

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
constexpr uint16_t kMsixEnable = 0x8000;
// From the start of the capability in configuration space.
constexpr uint32_t kMsixControl = 2;

VirtioCapability register_block(uint8_t type, RegionIndex bar, const VirtioLayout::Block& block) {
    return {.length = sizeof(VirtioCapability) + 2,
            .type = type,
            .bar = static_cast<uint8_t>(bar),
            .offset = block.offset,
            .size = block.size};
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

/// The bytes of configuration space, a value of a StateRecord.
constexpr StateRecord::Key kKeptConfig{0x70636963, 0};  // "pcic"

bool within(uint32_t offset, const VirtioLayout::Block& block) {
    return offset >= block.offset && offset - block.offset < block.size;
}

}  // namespace

VirtioFunction::VirtioFunction(const Setup& parts)
    : layout_{parts.layout},
      virtio_{parts.loop, parts.memory, parts.device,
              static_cast<uint16_t>(parts.device.queue_count() + 1), *this},
      config_{parts.identity},
      queue_count_{parts.device.queue_count()} {
    config_.set_bar(static_cast<uint32_t>(layout_.registers), BarType::kMemory32,
                    layout_.registers_size);
    config_.set_bar(static_cast<uint32_t>(layout_.msix), BarType::kMemory32, layout_.msix_size);
    if (layout_.interrupt_line) {
        config_.set_interrupt_pin();
    }
    add_capabilities();
}

void VirtioFunction::raise(uint16_t vector) {
    if (interrupts_ != nullptr) {
        interrupts_->raise(vector);
    }
}

void VirtioFunction::add_capabilities() {
    const auto msix_bar = static_cast<uint32_t>(layout_.msix);
    const MsixCapability msix{.control = static_cast<uint16_t>(queue_count_),  // vectors - 1
                              .table = msix_bar,
                              .pba = layout_.msix_pba | msix_bar};
    msix_ = config_.add_capability(kCapabilityMsix, bytes_of(msix), bytes_of(kMsixControlWritable));
    const RegionIndex bar = layout_.registers;
    config_.add_capability(kCapabilityVendor,
                           bytes_of(register_block(kTypeCommon, bar, layout_.common)));
    config_.add_capability(kCapabilityVendor, bytes_of(register_block(kTypeIsr, bar, layout_.isr)));
    config_.add_capability(kCapabilityVendor,
                           bytes_of(register_block(kTypeDevice, bar, layout_.device)));
    NotifyCapability notify{register_block(kTypeNotify, bar, layout_.notify),
                            virtio::kNotifyMultiplier};
    notify.capability.length = sizeof notify + 2;
    config_.add_capability(kCapabilityVendor, bytes_of(notify));

    PciCfgCapability window{register_block(kTypePciCfg, RegionIndex::kBar0, {}), {}};
    window.capability.length = sizeof window + 2;
    PciCfgCapability writable{};
    writable.capability.bar = 0xff;
    writable.capability.offset = ~uint32_t{0};
    writable.capability.size = ~uint32_t{0};
    writable.data.fill(std::byte{0xff});
    pci_cfg_ = config_.add_capability(kCapabilityVendor, bytes_of(window), bytes_of(writable));
}

uint32_t VirtioFunction::msix_vectors() const {
    return uint32_t{queue_count_} + 1;
}

void VirtioFunction::set_interrupts(Interrupts* interrupts) {
    interrupts_ = interrupts;
    line_ = found_ = false;
    if (interrupts == nullptr) {
        virtio_.detached();
    }
    update_line();
}

bool VirtioFunction::set_line(bool due) {
    line_due_ = due;
    update_line();
    return layout_.interrupt_line && !msix_enabled();
}

bool VirtioFunction::can_interrupt() const {
    return layout_.interrupt_line || msix_was_enabled_;
}

bool VirtioFunction::msix_enabled() const {
    uint16_t control = 0;
    config_.read(msix_ + kMsixControl, std::as_writable_bytes(std::span{&control, 1}));
    return (control & kMsixEnable) != 0;
}

/// virtio 1.2, 4.1.4.5.1: the line is what the ISR status says, unless there is MSI-X.
void VirtioFunction::update_line() {
    if (!layout_.interrupt_line) {
        return;
    }
    const bool due = line_due_ && !msix_enabled();
    config_.set_interrupt_status(due);
    const bool active = due && (config_.command() & kCommandInterruptDisable) == 0;
    if (interrupts_ != nullptr && std::exchange(line_, active) != active) {
        interrupts_->set_line(active);
    }
}

Region VirtioFunction::region(RegionIndex index) const {
    if (index == layout_.registers) {
        return {.size = layout_.registers_size, .readable = true, .writable = true};
    }
    if (index == layout_.msix) {
        return {.size = layout_.msix_size, .readable = true, .writable = true};
    }
    if (index == RegionIndex::kConfig) {
        return {.size = config::kSize, .readable = true, .writable = true};
    }
    return {};
}

void VirtioFunction::read(RegionIndex index, uint64_t offset, std::span<std::byte> bytes) {
    assert(offset + bytes.size() <= region(index).size);
    // Also MSI-X: the VMM keeps the table, and nothing is ever pending here.
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    if (index == layout_.registers) {
        for_each_access(static_cast<uint32_t>(offset), bytes,
                        [this](uint32_t at, auto part) { read_register(at, part); });
    } else if (index == RegionIndex::kConfig) {
        read_config(static_cast<uint32_t>(offset), bytes);
    }
}

void VirtioFunction::write(RegionIndex index, uint64_t offset, std::span<const std::byte> bytes) {
    assert(offset + bytes.size() <= region(index).size);
    if (index == layout_.registers) {
        for_each_access(static_cast<uint32_t>(offset), bytes,
                        [this](uint32_t at, auto part) { write_register(at, part); });
    } else if (index == RegionIndex::kConfig) {
        write_config(static_cast<uint32_t>(offset), bytes);
    }
}

void VirtioFunction::reset() {
    virtio_.reset();
    config_.reset();
    msix_was_enabled_ = false;
    update_line();
    save_config();
}

void VirtioFunction::power_off() {
    reset();
}

void VirtioFunction::read_register(uint32_t offset, std::span<std::byte> bytes) {
    using virtio::Block;
    if (within(offset, layout_.common)) {
        virtio_.read(Block::kCommon, offset - layout_.common.offset, bytes);
    } else if (within(offset, layout_.isr)) {
        virtio_.read(Block::kIsr, offset - layout_.isr.offset, bytes);
    } else if (within(offset, layout_.device)) {
        virtio_.read(Block::kDevice, offset - layout_.device.offset, bytes);
    }
}

void VirtioFunction::write_register(uint32_t offset, std::span<const std::byte> bytes) {
    using virtio::Block;
    if (within(offset, layout_.common)) {
        virtio_.write(Block::kCommon, offset - layout_.common.offset, bytes);
    } else if (within(offset, layout_.device)) {
        virtio_.write(Block::kDevice, offset - layout_.device.offset, bytes);
    } else if (within(offset, layout_.notify)) {
        virtio_.write(Block::kNotify, offset - layout_.notify.offset, bytes);
    }
}

std::optional<VirtioFunction::Window> VirtioFunction::pci_cfg_window() const {
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

void VirtioFunction::read_config(uint32_t offset, std::span<std::byte> bytes) {
    if (offset == pci_cfg_ + kPciCfgData && bytes.size() <= 4) {
        if (const auto window = pci_cfg_window()) {
            std::array<std::byte, 4> data{};
            read(window->bar, window->offset, std::span{data}.first(window->length));
            config_.set(offset, data);
        }
    }
    config_.read(offset, bytes);
}

void VirtioFunction::write_config(uint32_t offset, std::span<const std::byte> bytes) {
    const uint16_t command = config_.command();
    config_.write(offset, bytes);
    command_changed(command);
    save_config();
    if (offset == pci_cfg_ + kPciCfgData && bytes.size() <= 4) {
        const auto window = pci_cfg_window();
        if (window && bytes.size() >= window->length) {
            write(window->bar, window->offset, bytes.first(window->length));
        }
    }
}

void VirtioFunction::save_config() {
    if (record_ != nullptr) {
        std::array<std::byte, config::kSize> bytes{};
        config_.read(0, bytes);
        record_->put(kKeptConfig, bytes);
    }
}

void VirtioFunction::keep(StateRecord* record) {
    record_ = record;
    virtio_.keep(record);
    save_config();
}

bool VirtioFunction::resume(const StateRecord& record) {
    const auto bytes = record.find(kKeptConfig);
    if (!bytes || bytes->size() != config::kSize) {
        return false;
    }
    // What a driver can't write keeps its value, so that it is still this function.
    config_.write(0, *bytes);
    command_changed(0);
    return virtio_.resume(record);
}

void VirtioFunction::command_changed(uint16_t before) {
    found_ |= (config_.command() & kCommandMemory) != 0;
    msix_was_enabled_ |= msix_enabled();
    if ((before & ~config_.command() & kCommandBusMaster) != 0) {
        virtio_.let_go();
    }
    update_line();
}

}  // namespace oriel::pci
