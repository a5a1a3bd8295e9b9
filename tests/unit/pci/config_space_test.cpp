// SPDX-License-Identifier: MIT
#include "pci/config_space.h"

#include <doctest/doctest.h>

#include <array>
#include <span>

#include "core/byte_reader.h"

using namespace oriel;
using namespace oriel::pci;

namespace {

struct Config {
    ConfigSpace space{{.vendor = 0x1af4,
                       .device = 0x1050,
                       .subsystem_vendor = 0x1234,
                       .subsystem = 0x5678,
                       .class_code = 0x030201,
                       .revision = 9}};

    template <class T>
    T read(uint32_t offset) const {
        T value{};
        space.read(offset, std::as_writable_bytes(std::span{&value, 1}));
        return value;
    }
    template <class T>
    void write(uint32_t offset, T value) {
        space.write(offset, bytes_of(value));
    }
};

}  // namespace

TEST_CASE("identity is where a driver reads it, and can't be written") {
    Config config;
    for (int round = 0; round < 2; ++round) {
        CHECK(config.read<uint32_t>(0) == 0x10501af4);
        CHECK(config.read<uint32_t>(8) == 0x03020109);
        CHECK(config.read<uint32_t>(0x2c) == 0x56781234);
        CHECK(config.read<uint8_t>(config::kInterruptPin) == 0);
        CHECK(config.read<uint8_t>(0x0e) == 0);
        for (const uint32_t offset : {0x00U, 0x08U, 0x2cU, 0x34U, 0x3dU}) {
            config.write<uint8_t>(offset, 0xff);
        }
    }
}

TEST_CASE("COMMAND, the interrupt line, cache line and latency keep what is written") {
    Config config;
    config.write<uint16_t>(config::kCommand, 0xffff);
    CHECK(config.read<uint16_t>(config::kCommand) == 0x0547);
    config.write<uint8_t>(config::kInterruptLine, 11);
    CHECK(config.read<uint8_t>(config::kInterruptLine) == 11);
    config.write<uint16_t>(config::kCacheLine, 0x2010);
    CHECK(config.read<uint16_t>(config::kCacheLine) == 0x2010);
    // STATUS is behind COMMAND in the same word and isn't writable here.
    config.write<uint32_t>(config::kCommand, 0xffff0007);
    CHECK(config.read<uint16_t>(config::kStatus) == 0x0010);
    config.space.reset();
    CHECK(config.read<uint16_t>(config::kCommand) == 0);
    CHECK(config.read<uint8_t>(config::kInterruptLine) == 0);
    CHECK(config.read<uint16_t>(config::kStatus) == 0x0010);
}

TEST_CASE("writing all ones to a BAR reads back its size and type") {
    Config config;
    config.space.set_bar(0, BarType::kMemory32Prefetchable, 16 << 20);
    config.space.set_bar(2, BarType::kMemory32, 0x4000);
    config.space.set_bar(5, BarType::kIo, 32);
    CHECK(config.read<uint32_t>(0x10) == 8);
    CHECK(config.read<uint32_t>(0x18) == 0);
    CHECK(config.read<uint32_t>(0x24) == 1);
    for (uint32_t bar = 0; bar < 6; ++bar) {
        config.write<uint32_t>(config::kBar0 + 4 * bar, 0xffffffff);
    }
    CHECK(config.read<uint32_t>(0x10) == 0xff000008);
    CHECK(config.read<uint32_t>(0x14) == 0);
    CHECK(config.read<uint32_t>(0x18) == 0xffffc000);
    CHECK(config.read<uint32_t>(0x1c) == 0);
    CHECK(config.read<uint32_t>(0x20) == 0);
    CHECK(config.read<uint32_t>(0x24) == 0xffffffe1);
    config.write<uint32_t>(0x10, 0xfd123456);
    CHECK(config.read<uint32_t>(0x10) == 0xfd000008);
    config.space.reset();
    CHECK(config.read<uint32_t>(0x10) == 8);
    // No expansion ROM.
    config.write<uint32_t>(config::kRomBar, 0xfffff800);
    CHECK(config.read<uint32_t>(config::kRomBar) == 0);
}

TEST_CASE("the expansion ROM's BAR tells its size and keeps its enable bit") {
    Config config;
    config.space.set_rom_bar(0x8000);
    CHECK(config.read<uint32_t>(config::kRomBar) == 0);
    // As PCI Local Bus 3.0, 6.2.5.2 sizes it: all address bits, and the enable bit left off.
    config.write<uint32_t>(config::kRomBar, 0xfffff800);
    CHECK(config.read<uint32_t>(config::kRomBar) == 0xffff8000);
    config.write<uint32_t>(config::kRomBar, 0xffffffff);
    CHECK(config.read<uint32_t>(config::kRomBar) == 0xffff8001);
    config.write<uint32_t>(config::kRomBar, 0xfebf1235);
    CHECK(config.read<uint32_t>(config::kRomBar) == 0xfebf0001);
    config.space.reset();
    CHECK(config.read<uint32_t>(config::kRomBar) == 0);
}

TEST_CASE("capabilities form a list of aligned entries with their writable bits") {
    Config config;
    CHECK(config.read<uint8_t>(config::kCapabilities) == 0);
    const std::array<std::byte, 3> body{std::byte{1}, std::byte{2}, std::byte{3}};
    const std::array<std::byte, 2> writable{std::byte{0}, std::byte{0xf0}};
    const uint8_t first = config.space.add_capability(0x09, body, writable);
    const uint8_t second = config.space.add_capability(0x11, body);
    CHECK(config.read<uint8_t>(config::kCapabilities) == first);
    CHECK(config.read<uint8_t>(first) == 0x09);
    CHECK(config.read<uint8_t>(first + 1U) == second);
    CHECK(second % 4 == 0);
    CHECK(second >= first + 5);
    CHECK(config.read<uint8_t>(second + 1U) == 0);
    config.write<uint32_t>(first, 0xffffffff);
    CHECK(config.read<uint8_t>(first) == 0x09);
    CHECK(config.read<uint8_t>(first + 2U) == 1);
    CHECK(config.read<uint8_t>(first + 3U) == 0xf2);
    CHECK(config.read<uint8_t>(first + 4U) == 3);
}
