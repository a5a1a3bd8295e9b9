// SPDX-License-Identifier: MIT
// A client that hands the legacy VGA addresses through: VFIO's VGA region, message by message.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "support/bytes.h"
#include "support/echo_machine.h"
#include "support/vfio_user_client.h"
#include "vfio_user/protocol.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vfio_user;
using pci::RegionIndex;

namespace {

struct Guest : EchoMachine {
    VfioUserClient vmm{loop, path};
    Guest() { vmm.negotiate(); }
    template <class T>
    T in(uint64_t address) {
        return vmm.read<T>(RegionIndex::kVga, address);
    }
    template <class T>
    void out(uint64_t address, T value) {
        vmm.write<T>(RegionIndex::kVga, address, value);
    }
};

}  // namespace

TEST_CASE("the VGA region is 768 KiB, readable, writable and not mapped") {
    Guest guest;
    const auto info =
        guest.vmm
            .expect(Command::kDeviceGetRegionInfo, bytes_of(RegionInfo{.argsz = 32, .index = 8}))
            .as<RegionInfo>();
    CHECK(info.index == 8);
    CHECK(info.size == 0xc0000);
    CHECK(info.flags == (kRegionReadable | kRegionWritable));
}

TEST_CASE("ports of the VGA region are the VGA's, index and data in one access too") {
    Guest guest;
    guest.out<uint16_t>(0x3c4, 0x0f02);
    CHECK(guest.vga.port_at(0x3c4) == 0x02);
    CHECK(guest.vga.port_at(0x3c5) == 0x0f);
    guest.out<uint8_t>(0x3b4, 0x0e);
    CHECK(guest.vga.port_at(0x3b4) == 0x0e);
    guest.vga.port_at(0x3da) = 0x09;
    CHECK(guest.in<uint8_t>(0x3da) == 0x09);
}

TEST_CASE("the DISPI ports of the VGA region are 16 bits wide, at an odd address too") {
    Guest guest;
    guest.out<uint16_t>(0x1ce, 4);
    guest.out<uint16_t>(0x1cf, 0x0041);
    guest.out<uint16_t>(0x1d0, 0x1234);
    CHECK(guest.vga.word_ports == std::array<uint16_t, 3>{4, 0x0041, 0x1234});
    CHECK(guest.in<uint16_t>(0x1cf) == 0x0041);
    // A byte is half a register: nobody answers.
    guest.out<uint8_t>(0x1ce, 9);
    CHECK(guest.vga.word_ports[0] == 4);
    CHECK(guest.in<uint8_t>(0x1ce) == 0xff);
    CHECK(guest.in<uint32_t>(0x1ce) == 0xffffffff);
}

TEST_CASE("memory of the VGA region is the window, lowest byte first") {
    Guest guest;
    guest.out<uint32_t>(0xa0000, 0x44332211);
    guest.out<uint16_t>(0xb8000, 0x0741);
    guest.out<uint8_t>(0xbffff, 0x99);
    CHECK(guest.vga.window[0] == 0x11);
    CHECK(guest.vga.window[3] == 0x44);
    CHECK(guest.vga.window[0x18000] == 0x41);
    CHECK(guest.vga.window[0x18001] == 0x07);
    CHECK(guest.in<uint8_t>(0xbffff) == 0x99);
    CHECK(guest.in<uint64_t>(0xa0000) == 0x44332211);
}

TEST_CASE("the rest of the VGA region reads as ones and takes nothing") {
    Guest guest;
    const auto ports = guest.vga.ports;
    for (const uint32_t address :
         {0x0U, 0x1cdU, 0x1d1U, 0x3afU, 0x3bcU, 0x3bfU, 0x3e0U, 0x9ffffU}) {
        CAPTURE(address);
        guest.out<uint8_t>(address, 0x5a);
        CHECK(guest.in<uint8_t>(address) == 0xff);
    }
    CHECK(guest.vga.ports == ports);
    // An access across the border: half of it is there.
    guest.vga.window[0] = 0x11;
    CHECK(guest.in<uint16_t>(0x9ffff) == 0x11ff);
    // All of it at once, and one byte more than there is.
    std::vector<std::byte> all(0xc0000);
    guest.vmm.read_region(RegionIndex::kVga, 0, all);
    CHECK(all[0xa0000] == std::byte{0x11});
    CHECK(guest.vmm
              .call(Command::kRegionRead,
                    bytes_of(RegionAccess{.offset = 0xbffff, .region = 8, .count = 2}))
              .error() == EINVAL);
}

TEST_CASE("the byte order is a register of 32 bits beside DISPI") {
    Guest guest;
    const auto bar2 = [&](uint32_t at) { return guest.vmm.read<uint32_t>(RegionIndex::kBar2, at); };
    CHECK(bar2(0x600) == 8);
    CHECK(bar2(0x604) == 0x1e1e1e1e);
    guest.vmm.write<uint32_t>(RegionIndex::kBar2, 0x604, 0xbebebebe);
    CHECK(guest.vga.big);
    CHECK(bar2(0x604) == 0xbebebebe);
    CHECK(guest.vmm.read<uint16_t>(RegionIndex::kBar2, 0x606) == 0xbebe);
    CHECK(guest.vmm.read<uint64_t>(RegionIndex::kBar2, 0x600) == 0xbebebebe00000008);
    // Neither another value nor another width changes it.
    guest.vmm.write<uint32_t>(RegionIndex::kBar2, 0x604, 0);
    guest.vmm.write<uint8_t>(RegionIndex::kBar2, 0x604, 0x1e);
    guest.vmm.write<uint32_t>(RegionIndex::kBar2, 0x600, 0x1e1e1e1e);
    CHECK(guest.vga.big);
    guest.vmm.write<uint32_t>(RegionIndex::kBar2, 0x604, 0x1e1e1e1e);
    CHECK_FALSE(guest.vga.big);
    CHECK(bar2(0x608) == 0);
}
