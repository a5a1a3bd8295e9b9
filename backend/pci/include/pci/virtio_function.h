// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/event_loop.h"
#include "guest/guest_memory.h"
#include "pci/config_space.h"
#include "pci/function.h"
#include "virtio/device.h"
#include "virtio/pci_registers.h"

namespace oriel::pci {

/// Where a modern virtio PCI function has its registers (virtio 1.2, 4.1.4) and its MSI-X table.
struct VirtioLayout {
    struct Block {
        uint32_t offset = 0;
        uint32_t size = 0;
    };
    RegionIndex registers = RegionIndex::kBar0;  ///< a 32-bit memory BAR, not prefetchable
    uint32_t registers_size = 0x4000;
    Block common{0x0000, 0x1000};
    Block isr{0x1000, 0x1000};
    Block device{0x2000, 0x1000};
    Block notify{0x3000, 0x1000};
    RegionIndex msix = RegionIndex::kBar1;  ///< the table from 0 on
    uint32_t msix_size = 0x1000;
    uint32_t msix_pba = 0x800;
    bool interrupt_line = true;  ///< INTA#, for drivers without MSI-X
};

/// A virtio device as a PCI function: configuration space with virtio's capabilities, the registers
/// in one BAR, MSI-X in another; a vector for the configuration and one for each queue. A card that
/// is more than that (the display) derives from it.
///
/// A driver that takes bus mastering away has let go of the device, also without a reset: Linux
/// does that before it sleeps, when it has freed its rings.
class VirtioFunction : public Function, private virtio::VectorRaiser {
public:
    /// `loop`, `memory` and `device` are lent and must outlive the function.
    struct Setup {
        EventLoop& loop;
        const guest::GuestMemory& memory;
        virtio::Device& device;
        Identity identity;
        VirtioLayout layout{};
    };
    explicit VirtioFunction(const Setup& parts);

    [[nodiscard]] Region region(RegionIndex index) const override;
    void read(RegionIndex index, uint64_t offset, std::span<std::byte> bytes) override;
    void write(RegionIndex index, uint64_t offset, std::span<const std::byte> bytes) override;
    void reset() override;
    void power_off() override;
    [[nodiscard]] uint32_t msix_vectors() const override;
    [[nodiscard]] bool has_interrupt_line() const override { return layout_.interrupt_line; }
    void set_interrupts(Interrupts* interrupts) override;
    void keep(StateRecord* record) override;
    [[nodiscard]] bool resume(const StateRecord& record) override;

    /// The device's registers, for statistics and tests.
    [[nodiscard]] const virtio::PciRegisters& virtio() const { return virtio_; }

protected:
    /// An access to the BAR of the registers: 1, 2, 4 or 8 bytes, naturally aligned; `bytes` of a
    /// read are zero before.
    virtual void read_register(uint32_t offset, std::span<std::byte> bytes);
    virtual void write_register(uint32_t offset, std::span<const std::byte> bytes);

    /// Since set_interrupts() the VM has switched the function's memory on: firmware or a driver
    /// has found it.
    [[nodiscard]] bool found() const { return found_; }

    /// For more BARs, before a driver sees the function.
    [[nodiscard]] ConfigSpace& config() { return config_; }

private:
    // virtio::VectorRaiser
    void raise(uint16_t vector) override;
    bool set_line(bool due) override;
    [[nodiscard]] bool can_interrupt() const override;

    void add_capabilities();
    void save_config();
    void read_config(uint32_t offset, std::span<std::byte> bytes);
    void write_config(uint32_t offset, std::span<const std::byte> bytes);
    void command_changed(uint16_t before);
    [[nodiscard]] bool msix_enabled() const;
    void update_line();

    /// What the PCI_CFG capability points at.
    struct Window {
        RegionIndex bar;
        uint32_t offset;
        uint32_t length;
    };
    [[nodiscard]] std::optional<Window> pci_cfg_window() const;

    const VirtioLayout layout_;
    virtio::PciRegisters virtio_;
    ConfigSpace config_;
    Interrupts* interrupts_ = nullptr;  // lent by set_interrupts()
    StateRecord* record_ = nullptr;     // lent by keep()
    uint8_t msix_ = 0;                  // where the MSI-X capability is
    uint8_t pci_cfg_ = 0;               // where the PCI_CFG capability is
    bool msix_was_enabled_ = false;     // since the reset
    bool found_ = false;
    bool line_due_ = false;  // by the ISR status
    bool line_ = false;      // as interrupts_ has been told
    uint16_t queue_count_;
};

}  // namespace oriel::pci
