// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace oriel::pci {

/// Registers of a type 0 configuration header (PCI Local Bus 3.0, 6.1), by offset.
namespace config {
constexpr uint32_t kVendorId = 0x00;
constexpr uint32_t kDeviceId = 0x02;
constexpr uint32_t kCommand = 0x04;
constexpr uint32_t kStatus = 0x06;
constexpr uint32_t kRevision = 0x08;
constexpr uint32_t kClass = 0x09;
constexpr uint32_t kCacheLine = 0x0c;
constexpr uint32_t kLatency = 0x0d;
constexpr uint32_t kBar0 = 0x10;
constexpr uint32_t kSubsystemVendor = 0x2c;
constexpr uint32_t kSubsystem = 0x2e;
constexpr uint32_t kRomBar = 0x30;
constexpr uint32_t kCapabilities = 0x34;
constexpr uint32_t kInterruptLine = 0x3c;
constexpr uint32_t kInterruptPin = 0x3d;
constexpr uint32_t kSize = 256;
}  // namespace config

// Bits of kCommand and kStatus (6.2.2, 6.2.3).
constexpr uint16_t kCommandMemory = 0x0002;
constexpr uint16_t kCommandBusMaster = 0x0004;
constexpr uint16_t kCommandInterruptDisable = 0x0400;
constexpr uint16_t kStatusInterrupt = 0x0008;

constexpr uint8_t kCapabilityVendor = 0x09;
constexpr uint8_t kCapabilityMsix = 0x11;

struct Identity {
    uint16_t vendor = 0;
    uint16_t device = 0;
    uint16_t subsystem_vendor = 0;
    uint16_t subsystem = 0;
    uint32_t class_code = 0;  ///< base class, sub-class and interface: 0x030000 is VGA
    uint8_t revision = 0;
};

/// A BAR's fixed type bits; the rest of the register is the address.
enum class BarType : uint8_t { kMemory32 = 0x0, kMemory32Prefetchable = 0x8, kIo = 0x1 };

/// A conventional PCI function's 256 bytes of configuration, as the bytes that a driver reads and
/// a mask of those it can change.
class ConfigSpace {
public:
    explicit ConfigSpace(const Identity& identity);

    /// `size` is a power of two, at least 16 (4 for I/O). Sizing works: writing all ones reads back
    /// the size's mask and the type.
    void set_bar(uint32_t index, BarType type, uint32_t size);
    /// `size` is a power of two, at least 2048. Sizing works as for a BAR; the enable bit (6.2.5.2)
    /// keeps what is written. Without this call there is no expansion ROM.
    void set_rom_bar(uint32_t size);
    /// Adds a capability with these bytes after the id and the next pointer, and returns its
    /// offset. `writable` has a set bit for each bit of `body` that a driver can change; shorter
    /// means read-only from there.
    uint8_t add_capability(uint8_t id, std::span<const std::byte> body,
                           std::span<const std::byte> writable = {});

    /// Pin INTA#.
    void set_interrupt_pin();

    [[nodiscard]] uint16_t command() const;
    /// Bit "interrupt status": the line is active, unless the driver has disabled it.
    void set_interrupt_status(bool active);

    /// Inside 256 bytes, of any length.
    void read(uint32_t offset, std::span<std::byte> bytes) const;
    void write(uint32_t offset, std::span<const std::byte> bytes);
    /// Changes the bytes themselves, whatever the mask says.
    void set(uint32_t offset, std::span<const std::byte> bytes);
    /// All that a driver can change goes back to what it was at first.
    void reset();

private:
    template <class T>
    void put(uint32_t offset, T value);
    template <class T>
    void put_mask(uint32_t offset, T value);

    std::array<std::byte, config::kSize> bytes_{};
    std::array<std::byte, config::kSize> writable_{};
    uint32_t next_capability_ = 0x40;
    uint32_t last_link_ = config::kCapabilities;  // the byte that points to the next capability
};

}  // namespace oriel::pci
