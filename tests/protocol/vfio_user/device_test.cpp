// SPDX-License-Identifier: MIT
// A guest's driver on a whole card: what works when everybody behaves.
#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/log.h"
#include "core/mapping.h"
#include "support/bytes.h"
#include "support/echo_machine.h"
#include "support/guest_ram.h"
#include "support/log_lines.h"
#include "support/vfio_user_client.h"
#include "support/virtio_driver.h"

using namespace oriel;
using namespace oriel::test;
using pci::RegionIndex;

namespace {

struct Guest : EchoMachine {
    VfioUserClient vmm{loop, path};
    GuestRam ram{size_t{16} << 20};
    std::optional<VirtioDriver> driver;

    Guest() {
        vmm.negotiate();
        vmm.dma_map(0, ram.size(), ram.fd());
        driver.emplace(vmm, ram);
    }
};

}  // namespace

TEST_CASE("a driver finds the card, its BARs and its virtio structures") {
    Guest guest;
    const PciProbe& probe = guest.driver->probe();
    CHECK(probe.vendor == 0x1af4);
    CHECK(probe.device == 0x1050);
    CHECK(probe.class_code == 0x030000);
    CHECK(probe.revision == 1);
    CHECK(probe.bars[0].size == 16 << 20);
    CHECK(probe.bars[0].prefetchable);
    CHECK(probe.bars[1].size == 0);
    CHECK(probe.bars[2].size == 0x4000);
    CHECK_FALSE(probe.bars[2].prefetchable);
    CHECK_FALSE(probe.bars[2].wide);
    CHECK(probe.bars[3].size == 0);
    CHECK(probe.bars[4].size == 0x1000);
    CHECK(probe.bars[5].size == 32);
    CHECK(probe.bars[5].io);
    CHECK(probe.common.bar == RegionIndex::kBar2);
    CHECK(probe.common.offset == 0x1000);
    CHECK(probe.isr.offset == 0x1800);
    CHECK(probe.config.offset == 0x2000);
    CHECK(probe.notify.offset == 0x3000);
    CHECK(probe.notify_multiplier == 4);
    CHECK(probe.msix_vectors == 3);
    CHECK(guest.vmm.read<uint8_t>(RegionIndex::kConfig, pci::config::kInterruptPin) == 0);
    CHECK(guest.vmm.read<uint16_t>(RegionIndex::kConfig, pci::config::kSubsystem) == 0x1100);
}

TEST_CASE("a request is answered, with an interrupt") {
    for (const bool event_index : {false, true}) {
        for (const bool indirect : {false, true}) {
            CAPTURE(event_index);
            CAPTURE(indirect);
            Guest guest;
            guest.driver->start({.event_index = event_index, .indirect = indirect});
            for (int i = 0; i < 200; ++i) {
                const auto sent = bytes({1, 2, 3, i & 0xff});
                CHECK(guest.driver->request(0, sent, 4) == sent);
                guest.vmm.settle();
                CHECK(guest.driver->take_interrupts(1) == 1);
            }
            CHECK(guest.driver->request(1, bytes({9}), 1) == bytes({9}));
            CHECK(guest.driver->wait_interrupt(2));
            CHECK_FALSE(guest.driver->needs_reset());
        }
    }
}

TEST_CASE("an answer that is longer than its buffer is cut, and the driver told how long it is") {
    Guest guest;
    guest.driver->start();
    CHECK(guest.driver->request(0, bytes({1, 2, 3, 4}), 2) == bytes({1, 2}));
    CHECK(guest.driver->request(0, bytes({1, 2, 3, 4}), 0).empty());
    CHECK(guest.driver->request(0, bytes({1}), 100) == bytes({1}));
}

TEST_CASE("the write that kicks is answered before the device starts to work") {
    Guest guest;
    guest.driver->start();
    bool replied_first = false;
    guest.device.on_kick = [&] {
        pollfd reply{guest.vmm.fd(), POLLIN, 0};
        replied_first = ::poll(&reply, 1, 0) == 1;
    };
    guest.vmm.settle();
    guest.device.kicks = 0;
    guest.driver->kick_on_submit(false);
    static_cast<void>(guest.driver->submit(0, bytes({1}), 1));
    const vfio_user::RegionAccess access{.offset = 0x3000, .region = 2, .count = 2};
    guest.vmm.send(vfio_user::Command::kRegionWrite, joined(bytes_of(access), Bytes(2)));
    guest.vmm.settle();
    CHECK(guest.device.kicks == 1);
    CHECK(replied_first);
}

TEST_CASE("many requests for one kick raise one interrupt") {
    Guest guest;
    guest.driver->start();
    guest.driver->kick_on_submit(false);
    std::vector<VirtioDriver::Ticket> tickets;
    for (int i = 0; i < 32; ++i) {
        tickets.push_back(guest.driver->submit(0, bytes({i}), 1));
    }
    guest.driver->kick(0);
    for (int i = 0; i < 32; ++i) {
        CHECK(guest.driver->wait(tickets[static_cast<size_t>(i)]) == bytes({i}));
    }
    guest.vmm.settle();
    CHECK(guest.driver->take_interrupts(1) == 1);
}

TEST_CASE("answers may come later and in any order") {
    Guest guest;
    guest.driver->start();
    guest.device.hold = true;
    const auto first = guest.driver->submit(0, bytes({1}), 1);
    const auto second = guest.driver->submit(0, bytes({2}), 1);
    guest.vmm.settle();
    REQUIRE(guest.device.held.size() == 2);
    CHECK_FALSE(guest.driver->poll(first));
    std::swap(guest.device.held[0], guest.device.held[1]);
    guest.device.answer_held();
    CHECK(guest.driver->wait(second) == bytes({2}));
    CHECK(guest.driver->wait(first) == bytes({1}));
}

TEST_CASE("a change of the configuration is told by generation and interrupt") {
    Guest guest;
    guest.driver->start();
    const auto before = guest.driver->read_common<uint8_t>(virtio::common::kConfigGeneration);
    guest.device.config[3] = std::byte{7};
    guest.device.change_config();
    CHECK(guest.driver->wait_interrupt(0));
    CHECK(guest.driver->read_common<uint8_t>(virtio::common::kConfigGeneration) != before);
    CHECK(guest.driver->read_config<uint8_t>(3) == 7);
    CHECK(guest.driver->isr() == virtio::kIsrConfig);
    CHECK(guest.driver->isr() == 0);
}

TEST_CASE("a machine reset puts virtio, VGA and configuration back, also twice") {
    Guest guest;
    guest.driver->start();
    guest.vmm.write<uint16_t>(RegionIndex::kBar2, 0x508, 0x41);
    guest.device.hold = true;
    static_cast<void>(guest.driver->submit(0, bytes({1}), 1));
    guest.vmm.settle();
    for (int i = 0; i < 2; ++i) {
        guest.vmm.reset_device();
        CHECK(guest.driver->status() == 0);
        CHECK(guest.vmm.read<uint16_t>(RegionIndex::kBar2, 0x508) == 0);
        CHECK(guest.vmm.read<uint16_t>(RegionIndex::kConfig, pci::config::kCommand) == 0);
        CHECK(guest.device.held.empty());
    }
    guest.device.hold = false;
    guest.driver->start();
    CHECK(guest.driver->request(0, bytes({5}), 1) == bytes({5}));
}

TEST_CASE("an answer to a request from before a reset goes nowhere") {
    Guest guest;
    guest.driver->start();
    guest.device.hold = true;
    static_cast<void>(guest.driver->submit(0, bytes({1}), 1));
    guest.vmm.settle();
    const auto held = guest.device.held;
    guest.driver->start();
    guest.device.held = held;
    guest.device.answer_held();
    guest.vmm.settle();
    CHECK(guest.driver->queue(0).used_index() == 0);
}

TEST_CASE("a queue that is reset alone starts anew while the other goes on") {
    Guest guest;
    guest.driver->start();
    CHECK(guest.driver->request(0, bytes({1}), 1) == bytes({1}));
    guest.driver->write_common<uint16_t>(virtio::common::kQueueSelect, 0);
    guest.driver->write_common<uint16_t>(virtio::common::kQueueReset, 1);
    CHECK(guest.driver->read_common<uint16_t>(virtio::common::kQueueReset) == 0);
    CHECK(guest.driver->read_common<uint16_t>(virtio::common::kQueueEnable) == 0);
    CHECK(guest.device.queue_resets == 1);
    CHECK(guest.driver->request(1, bytes({2}), 1) == bytes({2}));
    guest.driver->set_up_queue(0, 16);
    CHECK(guest.driver->request(0, bytes({3}), 1) == bytes({3}));
}

TEST_CASE("BAR0 is the video memory, mapped or by messages") {
    Guest guest;
    const auto region = guest.vmm.region_info(RegionIndex::kBar0);
    REQUIRE(region.memory.valid());
    CHECK(region.info.flags == 7);
    const auto mapping =
        Mapping::map(region.memory.get(), region.info.offset, 16 << 20, MapAccess::kReadWrite);
    REQUIRE(mapping);
    mapping->bytes()[12345] = std::byte{0x42};
    CHECK(guest.vga.video_memory()[12345] == std::byte{0x42});
    CHECK(guest.vmm.read<uint8_t>(RegionIndex::kBar0, 12345) == 0x42);
    guest.vmm.write<uint64_t>(RegionIndex::kBar0, (16 << 20) - 8, 0x0102030405060708);
    CHECK(mapping->bytes()[(16 << 20) - 8] == std::byte{8});
}

TEST_CASE("EDID, VGA ports and DISPI are where firmware looks for them, at any width") {
    Guest guest;
    CHECK(guest.vmm.read<uint8_t>(RegionIndex::kBar2, 0) == 0xed);
    CHECK(guest.vmm.read<uint8_t>(RegionIndex::kBar2, 127) == 0xed);
    CHECK(guest.vmm.read<uint32_t>(RegionIndex::kBar2, 128) == 0);
    CHECK(guest.vmm.read<uint16_t>(RegionIndex::kBar2, 0x500) == 0xb0c5);
    guest.vmm.write<uint16_t>(RegionIndex::kBar2, 0x502, 1024);
    CHECK(guest.vga.dispi[1] == 1024);
    guest.vmm.write<uint32_t>(RegionIndex::kBar2, 0x504, 0x00200300);
    CHECK(guest.vga.dispi[2] == 0x300);
    CHECK(guest.vga.dispi[3] == 0x20);
    guest.vmm.write<uint8_t>(RegionIndex::kBar2, 0x505, 0x01);
    CHECK(guest.vga.dispi[2] == 0x100);
    guest.vmm.write<uint8_t>(RegionIndex::kBar2, 0x402, 0x67);
    CHECK(guest.vga.port_at(0x3c2) == 0x67);
    // Index and data in one access, as drivers write them.
    guest.vmm.write<uint16_t>(RegionIndex::kBar2, 0x414, 0x5a0e);
    CHECK(guest.vga.port_at(0x3d4) == 0x0e);
    CHECK(guest.vga.port_at(0x3d5) == 0x5a);
    std::array<std::byte, 1024> edid{};
    guest.vmm.read_region(RegionIndex::kBar2, 0, edid);
    CHECK(std::equal(guest.vga.edid_bytes.begin(), guest.vga.edid_bytes.end(), edid.begin()));
}

TEST_CASE("the PCI_CFG window reaches the registers through configuration space") {
    Guest guest;
    const uint8_t at = guest.driver->probe().pci_cfg;
    REQUIRE(at != 0);
    const auto aim = [&](uint8_t bar, uint32_t offset, uint32_t length) {
        guest.vmm.write<uint8_t>(RegionIndex::kConfig, at + 4U, bar);
        guest.vmm.write<uint32_t>(RegionIndex::kConfig, at + 8U, offset);
        guest.vmm.write<uint32_t>(RegionIndex::kConfig, at + 12U, length);
    };
    aim(2, 0x500, 2);
    CHECK((guest.vmm.read<uint32_t>(RegionIndex::kConfig, at + 16U) & 0xffff) == 0xb0c5);
    aim(2, 0x502, 2);
    guest.vmm.write<uint16_t>(RegionIndex::kConfig, at + 16U, 640);
    CHECK(guest.vga.dispi[1] == 640);
    // What points nowhere does nothing.
    aim(2, 0x3fff, 4);
    guest.vmm.write<uint32_t>(RegionIndex::kConfig, at + 16U, 1);
    aim(9, 0, 4);
    CHECK(guest.vmm.read<uint32_t>(RegionIndex::kConfig, at + 16U) == 1);
    aim(0, 0xfffffffc, 4);
    CHECK(guest.vmm.read<uint32_t>(RegionIndex::kConfig, at + 16U) == 1);
}

TEST_CASE("the PCI_CFG window reaches BARs only, never itself") {
    Guest guest;
    const uint32_t at = guest.driver->probe().pci_cfg;
    REQUIRE(at != 0);
    const auto vendor = guest.vmm.read<uint32_t>(RegionIndex::kConfig, 0);
    for (uint32_t bar = 6; bar < 256; ++bar) {
        CAPTURE(bar);
        guest.vmm.write<uint8_t>(RegionIndex::kConfig, at + 4, static_cast<uint8_t>(bar));
        guest.vmm.write<uint32_t>(RegionIndex::kConfig, at + 8, at + 16);
        guest.vmm.write<uint32_t>(RegionIndex::kConfig, at + 12, 4);
        guest.vmm.write<uint32_t>(RegionIndex::kConfig, at + 16, bar);
        REQUIRE(guest.vmm.read<uint32_t>(RegionIndex::kConfig, at + 16) == bar);
        // COMMAND, which a driver may write itself.
        guest.vmm.write<uint32_t>(RegionIndex::kConfig, at + 8, 4);
        const auto command = guest.vmm.read<uint16_t>(RegionIndex::kConfig, 4);
        guest.vmm.write<uint32_t>(RegionIndex::kConfig, at + 16, ~uint32_t{command});
        REQUIRE(guest.vmm.read<uint16_t>(RegionIndex::kConfig, 4) == command);
    }
    CHECK(guest.vmm.read<uint32_t>(RegionIndex::kConfig, 0) == vendor);
}

TEST_CASE("a vector that is raised while nobody listens fires when somebody does") {
    Guest guest;
    guest.driver->start();
    guest.vmm.disable_msix();
    CHECK(guest.driver->request(0, bytes({1}), 1) == bytes({1}));
    guest.vmm.settle();
    CHECK(guest.driver->take_interrupts(1) == 0);
    CHECK(guest.server->stats().interrupts_latched == 1);
    const std::array fds{guest.driver->eventfd(1)};
    guest.vmm.set_msix(1, fds);
    CHECK(guest.driver->take_interrupts(1) == 1);

    guest.vmm.release_msix(1, 1);
    CHECK(guest.driver->request(0, bytes({1}), 1) == bytes({1}));
    guest.vmm.settle();
    guest.vmm.reset_device();
    guest.vmm.set_msix(1, fds);
    CHECK(guest.driver->take_interrupts(1) == 0);
}

TEST_CASE("a VM that doesn't look for its display is told of once") {
    const LogLines log;
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    // What QEMU does by itself.
    vmm.reset_device();
    vmm.write<uint32_t>(RegionIndex::kConfig, pci::config::kBar0, 0);
    const auto pass = [&machine](Nanoseconds time) {
        machine.clock.advance(time);
        while (machine.loop.dispatch(Nanoseconds{0})) {
        }
    };
    pass(pci::DisplayFunction::kFindsIt - Nanoseconds{1});
    CHECK(log.count("has not looked for its display") == 0);
    SUBCASE("restored, or paused") {
        pass(Nanoseconds{1});
        pass(pci::DisplayFunction::kFindsIt);
        CHECK(log.count("has not looked for its display") == 1);
    }
    SUBCASE("found") {
        vmm.write<uint16_t>(RegionIndex::kConfig, pci::config::kCommand, pci::kCommandMemory);
        vmm.write<uint16_t>(RegionIndex::kConfig, pci::config::kCommand, 0);
        pass(pci::DisplayFunction::kFindsIt);
        CHECK(log.count("has not looked for its display") == 0);
    }
    SUBCASE("gone") {
        vmm.disconnect();
        pass(Nanoseconds{0});
        pass(pci::DisplayFunction::kFindsIt);
        CHECK(log.count("has not looked for its display") == 0);
    }
}
