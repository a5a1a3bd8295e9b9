// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/state_record.h"

namespace oriel::pci {

/// Regions of a function, numbered as VFIO does (linux/vfio.h).
enum class RegionIndex : uint32_t {
    kBar0 = 0,
    kBar1 = 1,
    kBar2 = 2,
    kBar3 = 3,
    kBar4 = 4,
    kBar5 = 5,
    kRom = 6,
    kConfig = 7,
    kVga = 8,
};
constexpr uint32_t kRegionCount = 9;

struct Region {
    uint64_t size = 0;  ///< bytes; a power of two for BARs; 0: not there
    bool readable = false;
    bool writable = false;
    /// The region's memory, which a VMM may map straight into the guest, or -1. Lent: stays open as
    /// long as the function lives.
    int memory_fd = -1;
};

/// Raises a function's interrupts. The transport implements it.
class Interrupts {
public:
    Interrupts() = default;
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;
    virtual ~Interrupts() = default;

    /// A vector that nobody listens on yet is remembered and raised when somebody does.
    virtual void raise(uint32_t vector) = 0;
    /// INTA#, a level: inactive at first. Only of a function that has a line.
    virtual void set_line(bool active) = 0;
};

/// A PCI function as a transport sees it: regions of bytes, a reset line and interrupt vectors.
class Function {
public:
    Function() = default;
    Function(const Function&) = delete;
    Function& operator=(const Function&) = delete;
    virtual ~Function() = default;

    [[nodiscard]] virtual Region region(RegionIndex index) const = 0;
    /// Access inside the region (the transport has checked that) of any length; a register block
    /// sees accesses as the guest made them: 1, 2, 4 or 8 bytes.
    virtual void read(RegionIndex index, uint64_t offset, std::span<std::byte> bytes) = 0;
    virtual void write(RegionIndex index, uint64_t offset, std::span<const std::byte> bytes) = 0;
    /// Machine reset. May come several times.
    virtual void reset() = 0;
    /// The transport's client has gone: a reset, and nothing that this VM has left is there for the
    /// next one.
    virtual void power_off() = 0;

    [[nodiscard]] virtual uint32_t msix_vectors() const = 0;
    [[nodiscard]] virtual bool has_interrupt_line() const = 0;
    /// Lent, or null while nobody is attached.
    virtual void set_interrupts(Interrupts* interrupts) = 0;

    /// From now on what another process would need to go on as this function is in `record` (lent;
    /// null: no longer).
    virtual void keep(StateRecord* /*record*/) {}
    /// As a record says that an earlier process has left it, before keep(), with interrupts and the
    /// guest's memory there. False where the record does not say it.
    [[nodiscard]] virtual bool resume(const StateRecord& /*record*/) { return false; }
};

}  // namespace oriel::pci
