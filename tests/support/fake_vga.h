// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/mapping.h"
#include "core/memfd.h"
#include "edid/edid_source.h"
#include "vga/vga_registers.h"

namespace oriel::test {

/// VGA registers that keep whatever is written to them, and an EDID.
class FakeVga final : public vga::VgaRegisters, public edid::EdidSource {
public:
    static constexpr size_t kMemory = size_t{16} << 20;

    [[nodiscard]] std::span<std::byte> video_memory() override { return mapping_.bytes(); }
    [[nodiscard]] int video_memory_fd() const override { return fd_.get(); }
    [[nodiscard]] uint8_t read_port(uint16_t port) override { return port_at(port); }
    void write_port(uint16_t port, uint8_t value) override { port_at(port) = value; }
    [[nodiscard]] uint16_t read_word_port(uint16_t port) override {
        return word_ports.at(port - kFirstWordPort);
    }
    void write_word_port(uint16_t port, uint16_t value) override {
        word_ports.at(port - kFirstWordPort) = value;
    }
    [[nodiscard]] uint8_t read_window(uint32_t offset) override { return window.at(offset); }
    void write_window(uint32_t offset, uint8_t value) override { window.at(offset) = value; }
    [[nodiscard]] uint16_t read_dispi(uint16_t index) override { return dispi.at(index); }
    void write_dispi(uint16_t index, uint16_t value) override {
        ++dispi_writes;
        dispi.at(index) = value;
    }
    [[nodiscard]] bool big_endian() override { return big; }
    void set_big_endian(bool wanted) override { big = wanted; }
    [[nodiscard]] const edid::Blob& edid(uint32_t) const override { return edid_bytes; }
    void reset() override {
        ++resets;
        ports = {};
        dispi = kDispiAtStart;
    }

    void power_off() override {
        ++power_offs;
        reset();
    }

    void keep(StateRecord*) override {}
    void resume(const StateRecord&) override {}

    /// What port `port` holds, 0x3b0 to 0x3df.
    [[nodiscard]] uint8_t& port_at(uint16_t port) { return ports.at(port - kFirstPort); }

    static constexpr uint16_t kFirstPort = 0x3b0;
    static constexpr uint16_t kFirstWordPort = 0x1ce;

    std::array<uint8_t, 48> ports{};
    std::array<uint16_t, 3> word_ports{};
    std::vector<uint8_t> window = std::vector<uint8_t>(0x20000);
    bool big = false;
    std::array<uint16_t, 12> dispi{kDispiAtStart};
    std::vector<std::byte> edid_bytes = std::vector<std::byte>(128, std::byte{0xed});
    int resets = 0;
    int power_offs = 0;
    int dispi_writes = 0;

private:
    static constexpr std::array<uint16_t, 12> kDispiAtStart{0xb0c5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 256};

    UniqueFd fd_ = create_memfd("test-vga", kMemory, MemfdSeals::kFixedSize).value();
    Mapping mapping_ = Mapping::map(fd_.get(), 0, kMemory, MapAccess::kReadWrite).value();
};

}  // namespace oriel::test
