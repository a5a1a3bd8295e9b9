// SPDX-License-Identifier: MIT
// A guest's driver that accesses the card's registers in any way, with rings in its memory.
#include <fcntl.h>

#include <array>
#include <cstring>

#include "core/byte_reader.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "harness.h"
#include "pci/display_function.h"
#include "support/echo_device.h"
#include "support/fake_vga.h"
#include "support/guest_ram.h"

using namespace oriel;
using namespace oriel::test;
using pci::RegionIndex;

namespace {

constexpr uint32_t kCommon = 0x1000;
constexpr uint32_t kNotify = 0x3000;

template <class T>
void write(pci::DisplayFunction& function, uint64_t offset, T value) {
    function.write(RegionIndex::kBar2, offset, bytes_of(value));
}

/// Queue 0 ready for requests, as far as the device takes that.
void start(pci::DisplayFunction& function) {
    write<uint8_t>(function, kCommon + 0x14, 0);
    write<uint32_t>(function, kCommon + 0x08, 0);
    write<uint32_t>(function, kCommon + 0x0c, 1 << 28);
    write<uint32_t>(function, kCommon + 0x08, 1);
    write<uint32_t>(function, kCommon + 0x0c, 1);
    write<uint8_t>(function, kCommon + 0x14, 11);
    write<uint16_t>(function, kCommon + 0x16, 0);
    write<uint64_t>(function, kCommon + 0x20, 0x1000);
    write<uint64_t>(function, kCommon + 0x28, 0x2000);
    write<uint64_t>(function, kCommon + 0x30, 0x3000);
    write<uint16_t>(function, kCommon + 0x1c, 1);
    write<uint8_t>(function, kCommon + 0x14, 15);
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    const ManualClock clock;
    EventLoop loop{clock};
    guest::GuestMemory memory;
    const GuestRam ram{0x10000};
    static_cast<void>(
        memory.map(0, ram.size(), UniqueFd{::fcntl(ram.fd(), F_DUPFD_CLOEXEC, 0)}, 0, true));
    EchoDevice device;
    FakeVga vga;
    pci::DisplayFunction function{{loop, memory, device, vga, vga}};
    start(function);
    constexpr std::array regions{RegionIndex::kBar2,   RegionIndex::kBar2, RegionIndex::kBar2,
                                 RegionIndex::kConfig, RegionIndex::kBar4, RegionIndex::kBar5};
    while (!input.empty()) {
        const Turn turn;
        const auto what = input.take<uint8_t>();
        if (what % 8 == 0) {
            const uint64_t at = input.take<uint16_t>() & 0x3fffU;
            const auto bytes = input.take_bytes(input.take<uint8_t>() % 32);
            std::memcpy(ram.at(at, bytes.size()).data(), bytes.data(), bytes.size());
            write<uint16_t>(function, kNotify, 0);
        } else {
            const RegionIndex index = regions[what % regions.size()];
            const uint64_t region_size = function.region(index).size;
            const uint64_t offset = input.take<uint16_t>() % region_size;
            std::array<std::byte, 16> bytes{};
            const uint64_t length =
                std::min<uint64_t>(1 + input.take<uint8_t>() % bytes.size(), region_size - offset);
            const auto part = std::span{bytes}.first(length);
            if ((what & 0x40) != 0) {
                const auto taken = input.take_bytes(length);
                std::memcpy(bytes.data(), taken.data(), taken.size());
                function.write(index, offset, part);
            } else {
                function.read(index, offset, part);
            }
        }
        loop.dispatch(Nanoseconds{0});
    }
}
