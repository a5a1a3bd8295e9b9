// SPDX-License-Identifier: MIT
// The card of a machine that has no VGA.
#include <doctest/doctest.h>

#include "support/bytes.h"
#include "support/echo_machine.h"
#include "support/guest_ram.h"
#include "support/rom_image.h"
#include "support/vfio_user_client.h"
#include "support/virtio_driver.h"

using namespace oriel;
using namespace oriel::test;
using pci::RegionIndex;

namespace {

pci::OptionRom rom() {
    return pci::OptionRom::parse(RomImage{}.bytes(), pci::DisplayFunction::kIds).value();
}

struct Guest : EchoMachine {
    VfioUserClient vmm{loop, path};
    GuestRam ram{size_t{16} << 20};
    std::optional<VirtioDriver> driver;

    Guest() : EchoMachine{rom(), pci::DisplayClass::kDisplay} {
        vmm.negotiate();
        vmm.dma_map(0, ram.size(), ram.fd());
        driver.emplace(vmm, ram);
    }
};

}  // namespace

TEST_CASE("a plain display has the class and the ids that UEFI's driver looks for") {
    Guest guest;
    const PciProbe& probe = guest.driver->probe();
    CHECK(probe.class_code == 0x038000);
    CHECK(probe.vendor == 0x1af4);
    CHECK(probe.device == 0x1050);
    CHECK(probe.revision == 1);
    CHECK(guest.vmm.read<uint16_t>(RegionIndex::kConfig, pci::config::kSubsystem) >= 0x40);
}

TEST_CASE("a plain display has nothing of a VGA") {
    Guest guest;
    const PciProbe& probe = guest.driver->probe();
    for (const size_t bar : {size_t{0}, size_t{1}, size_t{3}, size_t{5}}) {
        CAPTURE(bar);
        CHECK(probe.bars.at(bar).size == 0);
    }
    CHECK(probe.bars[2].size == 0x4000);
    CHECK(probe.bars[4].size == 0x1000);
    for (const RegionIndex region :
         {RegionIndex::kBar0, RegionIndex::kBar5, RegionIndex::kRom, RegionIndex::kVga}) {
        CAPTURE(static_cast<int>(region));
        CHECK(guest.vmm.region_info(region).info.size == 0);
        CHECK_THROWS_AS(static_cast<void>(guest.vmm.read<uint8_t>(region, 0)), ErrorReply);
        CHECK_THROWS_AS(guest.vmm.write(region, 0, uint8_t{1}), ErrorReply);
    }
    guest.vmm.write(RegionIndex::kConfig, pci::config::kRomBar, uint32_t{0xfffff800});
    CHECK(guest.vmm.read<uint32_t>(RegionIndex::kConfig, pci::config::kRomBar) == 0);
    // EDID, VGA ports, bochs' registers.
    for (const uint64_t offset : {0x000U, 0x400U, 0x41cU, 0x500U, 0x600U}) {
        CAPTURE(offset);
        CHECK(guest.vmm.read<uint32_t>(RegionIndex::kBar2, offset) == 0);
        guest.vmm.write(RegionIndex::kBar2, offset, uint32_t{0xffffffff});
        CHECK(guest.vmm.read<uint32_t>(RegionIndex::kBar2, offset) == 0);
    }
}

TEST_CASE("a plain display serves its driver as the card does, also after a reset") {
    Guest guest;
    for (int round = 0; round < 2; ++round) {
        guest.driver->start();
        CHECK(guest.driver->request(0, bytes({1, 2, 3}), 3) == bytes({1, 2, 3}));
        CHECK_FALSE(guest.driver->needs_reset());
        guest.vmm.reset_device();
    }
}
