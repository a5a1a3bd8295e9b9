// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "core/event_loop.h"
#include "core/log.h"
#include "edid/edid_source.h"
#include "guest/guest_memory.h"
#include "pci/legacy_vga.h"
#include "pci/option_rom.h"
#include "pci/virtio_function.h"
#include "vga/vga_registers.h"
#include "virtio/device.h"

namespace oriel::pci {

/// What a guest takes the card for.
enum class DisplayClass : uint32_t {
    kVga = 0x030000,
    /// A plain display, as QEMU's virtio-gpu-pci: UEFI's driver for virtio-gpu leaves a VGA to
    /// other drivers.
    kDisplay = 0x038000,
};

/// The graphics card: one virtio device (the GPU) and a VGA in one PCI function.
///
/// BAR0 video memory (mapped by the VMM) · BAR2, 16 KiB, 32-bit, not prefetchable: 0x0000 EDID,
/// 0x0400 VGA ports 0x3c0-0x3df, 0x0500 bochs DISPI, 0x0600 byte order, 0x1000 virtio common,
/// 0x1800 ISR, 0x2000 device configuration, 0x3000 notify · BAR4 MSI-X table and PBA · BAR5, 32
/// bytes of I/O ports: reads as zero and ignores writes (the place of virtio's legacy interface,
/// which a device with id 0x1050 doesn't have) · the VGA region, 768 KiB: memory 0xa0000-0xbffff
/// and I/O ports 0x3b0-0x3bb, 0x3c0-0x3df and 0x1ce-0x1d0 (16 bits wide) at their bus addresses ·
/// expansion ROM, if there is one.
///
/// Without VGA (DisplayClass::kDisplay) it has BAR2 and BAR4 only, and in BAR2 only virtio.
class DisplayFunction final : public VirtioFunction {
public:
    static constexpr OptionRom::Ids kIds{.vendor = 0x1af4, .device = 0x1050};

    /// All are lent and must outlive the function.
    struct Setup {
        EventLoop& loop;
        const guest::GuestMemory& memory;
        virtio::Device& device;
        vga::VgaRegisters& vga;
        const edid::EdidSource& edid;           ///< of screen 0: the card has one connector
        const OptionRom* option_rom = nullptr;  ///< made for kIds; null: no expansion ROM
        DisplayClass pci_class = DisplayClass::kVga;
    };
    explicit DisplayFunction(const Setup& parts);

    [[nodiscard]] Region region(RegionIndex index) const override;
    void read(RegionIndex index, uint64_t offset, std::span<std::byte> bytes) override;
    void write(RegionIndex index, uint64_t offset, std::span<const std::byte> bytes) override;
    void reset() override;
    void power_off() override;
    void set_interrupts(Interrupts* interrupts) override;
    void keep(StateRecord* record) override;
    [[nodiscard]] bool resume(const StateRecord& record) override;

    /// A VM that hasn't found its card after so long doesn't look for it.
    static constexpr Nanoseconds kFindsIt{20'000'000'000};

private:
    void tell_not_found();
    void read_register(uint32_t offset, std::span<std::byte> bytes) override;
    void write_register(uint32_t offset, std::span<const std::byte> bytes) override;
    void write_dispi(uint32_t offset, std::span<const std::byte> bytes);
    void read_extended(uint32_t offset, std::span<std::byte> bytes);
    void write_extended(uint32_t offset, std::span<const std::byte> bytes);

    vga::VgaRegisters& vga_;
    const edid::EdidSource& edid_;
    LegacyVga legacy_vga_;
    const OptionRom* option_rom_;  // null: none
    const bool is_vga_;
    const Clock& clock_;
    /// A VMM may come and go as often as it likes.
    LogLimiter log_limiter_;
    Timer find_timer_;
};

}  // namespace oriel::pci
