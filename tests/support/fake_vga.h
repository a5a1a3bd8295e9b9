// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/mapping.h"
#include "core/memfd.h"
#include "pci/vga_registers.h"

namespace oriel::test {

/// VGA registers that keep whatever is written to them.
class FakeVga final : public pci::VgaRegisters {
public:
    static constexpr size_t kMemory = size_t{16} << 20;

    [[nodiscard]] std::span<std::byte> video_memory() override { return mapping_.bytes(); }
    [[nodiscard]] int video_memory_fd() const override { return fd_.get(); }
    [[nodiscard]] uint8_t read_port(uint8_t offset) override { return ports.at(offset); }
    void write_port(uint8_t offset, uint8_t value) override { ports.at(offset) = value; }
    [[nodiscard]] uint16_t read_dispi(uint16_t index) override { return dispi.at(index); }
    void write_dispi(uint16_t index, uint16_t value) override {
        ++dispi_writes;
        dispi.at(index) = value;
    }
    [[nodiscard]] std::span<const std::byte> edid() override { return edid_bytes; }
    void reset() override {
        ++resets;
        ports = {};
        dispi = kDispiAtStart;
    }

    std::array<uint8_t, 32> ports{};
    std::array<uint16_t, 12> dispi{kDispiAtStart};
    std::vector<std::byte> edid_bytes = std::vector<std::byte>(128, std::byte{0xed});
    int resets = 0;
    int dispi_writes = 0;

private:
    static constexpr std::array<uint16_t, 12> kDispiAtStart{0xb0c5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 256};

    UniqueFd fd_ = create_memfd("test-vga", kMemory, MemfdSeals::kFixedSize).value();
    Mapping mapping_ = Mapping::map(fd_.get(), 0, kMemory, MapAccess::kReadWrite).value();
};

}  // namespace oriel::test
