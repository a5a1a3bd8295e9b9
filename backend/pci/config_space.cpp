// SPDX-License-Identifier: MIT
#include "pci/config_space.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace oriel::pci {
namespace {

constexpr uint16_t kStatusCapabilityList = 0x10;
// What a driver can change in COMMAND: I/O, memory, bus master, parity, SERR, INTx disable.
constexpr uint16_t kCommandWritable = 0x0547;
constexpr uint32_t kIoTypeBits = 0x3;
constexpr uint32_t kMemoryTypeBits = 0xf;
constexpr uint32_t kRomEnable = 0x1;
constexpr uint32_t kRomAddressMask = 0xfffff800;

}  // namespace

template <class T>
void ConfigSpace::put(uint32_t offset, T value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
}

template <class T>
void ConfigSpace::put_mask(uint32_t offset, T value) {
    std::memcpy(writable_.data() + offset, &value, sizeof value);
}

ConfigSpace::ConfigSpace(const Identity& identity) {
    put(config::kVendorId, identity.vendor);
    put(config::kDeviceId, identity.device);
    put(config::kStatus, kStatusCapabilityList);
    put(config::kRevision, identity.revision);
    put(config::kClass, static_cast<uint8_t>(identity.class_code));
    put(config::kClass + 1, static_cast<uint16_t>(identity.class_code >> 8));
    put(config::kSubsystemVendor, identity.subsystem_vendor);
    put(config::kSubsystem, identity.subsystem);
    put_mask(config::kCommand, kCommandWritable);
    put_mask(config::kCacheLine, uint8_t{0xff});
    put_mask(config::kLatency, uint8_t{0xff});
    put_mask(config::kInterruptLine, uint8_t{0xff});
}

void ConfigSpace::set_bar(uint32_t index, BarType type, uint32_t size) {
    assert(index < 6 && std::has_single_bit(size));
    const uint32_t offset = config::kBar0 + 4 * index;
    assert(size > (type == BarType::kIo ? kIoTypeBits : kMemoryTypeBits));
    put(offset, static_cast<uint32_t>(type));
    // Address bits below the size read as zero: that is how a driver finds the size.
    put_mask(offset, ~(size - 1));
}

void ConfigSpace::set_rom_bar(uint32_t size) {
    assert(std::has_single_bit(size) && (size & kRomAddressMask) != 0);
    put_mask(config::kRomBar, ~(size - 1) | kRomEnable);
}

void ConfigSpace::set_interrupt_pin() {
    put(config::kInterruptPin, uint8_t{1});
}

uint16_t ConfigSpace::command() const {
    uint16_t command = 0;
    std::memcpy(&command, bytes_.data() + config::kCommand, sizeof command);
    return command;
}

void ConfigSpace::set_interrupt_status(bool active) {
    const uint16_t status = kStatusCapabilityList | (active ? kStatusInterrupt : 0);
    put(config::kStatus, status);
}

uint8_t ConfigSpace::add_capability(uint8_t id, std::span<const std::byte> body,
                                    std::span<const std::byte> writable) {
    const uint32_t offset = next_capability_;
    assert(offset + 2 + body.size() <= config::kSize && writable.size() <= body.size());
    put(last_link_, static_cast<uint8_t>(offset));
    put(offset, id);
    std::memcpy(bytes_.data() + offset + 2, body.data(), body.size());
    std::copy(writable.begin(), writable.end(), writable_.begin() + offset + 2);
    last_link_ = offset + 1;
    // Capabilities are aligned to four bytes (6.7).
    next_capability_ = (offset + 2 + static_cast<uint32_t>(body.size()) + 3) & ~uint32_t{3};
    return static_cast<uint8_t>(offset);
}

void ConfigSpace::read(uint32_t offset, std::span<std::byte> bytes) const {
    assert(offset + bytes.size() <= config::kSize);
    std::memcpy(bytes.data(), bytes_.data() + offset, bytes.size());
}

void ConfigSpace::write(uint32_t offset, std::span<const std::byte> bytes) {
    assert(offset + bytes.size() <= config::kSize);
    for (size_t i = 0; i < bytes.size(); ++i) {
        const std::byte mask = writable_[offset + i];
        bytes_[offset + i] = (bytes_[offset + i] & ~mask) | (bytes[i] & mask);
    }
}

void ConfigSpace::set(uint32_t offset, std::span<const std::byte> bytes) {
    assert(offset + bytes.size() <= config::kSize);
    std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
}

void ConfigSpace::reset() {
    for (size_t i = 0; i < bytes_.size(); ++i) {
        // Whatever a driver can change is zero after power-on.
        bytes_[i] &= ~writable_[i];
    }
}

}  // namespace oriel::pci
