// SPDX-License-Identifier: MIT
// The server as VMMs meet it: start-up, memory, interrupts, coming and going.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/descriptors.h"
#include "support/bytes.h"
#include "support/echo_machine.h"
#include "support/guest_ram.h"
#include "support/log_lines.h"
#include "support/vfio_user_client.h"
#include "support/virtio_driver.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vfio_user;
using pci::RegionIndex;

namespace {

Bytes version_request(std::string_view capabilities) {
    std::string text{capabilities};
    if (!text.empty()) {
        text.push_back('\0');
    }
    return joined(bytes_of(Version{}), std::as_bytes(std::span{text}));
}

UniqueFd make_eventfd() {
    return UniqueFd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
}

uint64_t signals(const UniqueFd& eventfd) {
    uint64_t count = 0;
    return ::read(eventfd.get(), &count, sizeof count) == sizeof count ? count : 0;
}

/// Starts a server at `path` and returns the error that it throws.
std::optional<StartupError> start_error(EchoMachine& machine, const std::string& path) {
    try {
        const Server server{{machine.loop, machine.function, machine.memory}, path};
        return std::nullopt;
    } catch (const StartupError& error) {
        return error;
    }
}

}  // namespace

TEST_CASE("a machine's start as QEMU 11 does it goes through, and each reply has its size") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    const GuestRam ram{size_t{2} << 20};
    vmm.negotiate();
    CHECK(machine.clients.attached == 1);
    CHECK(machine.server->attached());
    vmm.dma_map(0, ram.size(), ram.fd());
    vmm.dma_map(0xfffc0000, 0x40000, -1, 0, kDmaRead);

    const DeviceInfo info = vmm.device_info();
    CHECK(info.flags == (vfio_user::kDeviceReset | kDevicePci));
    CHECK(info.regions == 9);
    CHECK(info.irqs == 5);

    const std::array<uint64_t, 9> sizes{16 << 20, 0, 0x4000, 0, 0x1000, 32, 0, 256, 0xc0000};
    for (uint32_t i = 0; i < sizes.size(); ++i) {
        CAPTURE(i);
        const auto region = vmm.region_info(static_cast<RegionIndex>(i));
        CHECK(region.info.argsz == 32);
        CHECK(region.info.index == i);
        CHECK(region.info.size == sizes[i]);
        CHECK(region.info.capability_offset == 0);
        CHECK(region.info.offset == 0);
        CHECK(region.info.flags == (sizes[i] == 0 ? 0U : i == 0 ? 7U : 3U));
        CHECK(region.memory.valid() == (i == 0));
    }
    CHECK(vmm.irq_info(0).count == 0);
    CHECK(vmm.irq_info(1).count == 0);
    CHECK(vmm.irq_info(2).count == 3);
    // Without an error interrupt QEMU warns its user.
    CHECK(vmm.irq_info(3).count == 1);
    CHECK(vmm.irq_info(4).count == 0);

    std::array<std::byte, 256> config{};
    vmm.read_region(RegionIndex::kConfig, 0, config);
    CHECK(config[0] == std::byte{0xf4});
    vmm.write<uint32_t>(RegionIndex::kConfig, 0x30, 0xfffff800);
    CHECK(vmm.read<uint32_t>(RegionIndex::kConfig, 0x30) == 0);

    const UniqueFd error_event = make_eventfd();
    const IrqSet error_irq{.argsz = 20, .flags = 0x24, .index = 3, .count = 1};
    const int error_fd = error_event.get();
    vmm.expect(Command::kDeviceSetIrqs, bytes_of(error_irq), {&error_fd, 1});
    const IrqSet intx_off{.argsz = 20, .flags = 0x21};
    vmm.expect(Command::kDeviceSetIrqs, bytes_of(intx_off));

    vmm.write<uint16_t>(RegionIndex::kConfig, 4, 0);
    vmm.reset_device();
    for (uint32_t bar = 0x10; bar <= 0x24; bar += 4) {
        vmm.write<uint32_t>(RegionIndex::kConfig, bar, 0);
    }
    CHECK(vmm.dma_unmap(0, ram.size()) == ram.size());
    vmm.dma_map(0, 0xc0000, ram.fd());
    vmm.dma_map(0xc0000, 0x20000, -1, 0, kDmaRead);
    vmm.dma_map(0x100000, 0x100000, ram.fd(), 0x100000);
    // BAR0 itself, as QEMU announces it once it is decoded.
    vmm.dma_map(0xfd000000, 16 << 20, -1);
    CHECK(machine.server->stats().malformed == 0);
    CHECK(machine.server->stats().unwanted_fds == 0);
    CHECK(machine.server->stats().replies_with_error == 0);
}

TEST_CASE("the reply to a version is never longer than the request") {
    const std::string qemu =
        R"({"capabilities": {"pgsizes": 4096, "max_msg_fds": 16, "max_dma_maps": 65535, )"
        R"("max_data_xfer_size": 1048576, "migration": {"max_bitmap_size": 268435456, )"
        R"("pgsize": 4096}, "write_multiple": true}})";
    struct Case {
        std::string capabilities;
        std::string answer;
    };
    const std::vector<Case> cases{
        {qemu, R"({"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576}})"},
        {R"({"capabilities":{"a":1}})", R"({"capabilities":{}})"},
        {"{}", ""},
        {"", ""},
    };
    for (const Case& test : cases) {
        CAPTURE(test.capabilities);
        EchoMachine machine;
        VfioUserClient vmm{machine.loop, machine.path};
        const auto request = version_request(test.capabilities);
        const auto reply = vmm.expect(Command::kVersion, request);
        CHECK(reply.payload.size() <= request.size());
        CHECK(reply.as<Version>().major == 0);
        CHECK(reply.as<Version>().minor == 0);
        CHECK(reply.payload == version_request(test.answer));
        CHECK(machine.clients.attached == 1);
    }
    CHECK(version_request(qemu).size() + sizeof(Header) == 214);
}

TEST_CASE("Cloud Hypervisor's fixed reply sizes are met") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    auto request = version_request(
        R"({"capabilities":{"max_msg_fds":1,"max_data_xfer_size":1048576,"migration":{"pgsize":4096}}})");
    request[2] = std::byte{1};  // it proposes 0.1
    CHECK(vmm.expect(Command::kVersion, request).as<Version>().minor == 0);
    const auto size = [&](Command command, std::span<const std::byte> payload,
                          std::span<const int> fds = {}) {
        return vmm.expect(command, payload, fds).payload.size() + sizeof(Header);
    };
    CHECK(size(Command::kDeviceGetInfo, bytes_of(DeviceInfo{.argsz = 32})) == 32);
    for (uint32_t i = 0; i < pci::kRegionCount; ++i) {
        CHECK(size(Command::kDeviceGetRegionInfo, bytes_of(RegionInfo{.argsz = 32, .index = i})) ==
              48);
    }
    for (uint32_t i = 0; i < kIrqCount; ++i) {
        CHECK(size(Command::kDeviceGetIrqInfo, bytes_of(IrqInfo{.argsz = 16, .index = i})) == 32);
    }
    const GuestRam ram{size_t{1} << 20};
    const int fd = ram.fd();
    CHECK(size(Command::kDmaMap, bytes_of(DmaMap{.argsz = 32, .flags = 3, .size = ram.size()}),
               {&fd, 1}) == 16);
    CHECK(size(Command::kDmaUnmap, bytes_of(DmaUnmap{.argsz = 24, .size = ram.size()})) == 40);
    // Nothing there any more, and still no error.
    CHECK(size(Command::kDmaUnmap, bytes_of(DmaUnmap{.argsz = 24, .size = ram.size()})) == 40);
    CHECK(size(Command::kDeviceReset, {}) == 16);
    CHECK(size(Command::kRegionRead, bytes_of(RegionAccess{.region = 7, .count = 4})) == 36);
}

TEST_CASE("memory that comes and goes keeps its file mapped") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    GuestRam ram{size_t{4} << 20};
    vmm.negotiate();
    vmm.dma_map(0, ram.size(), ram.fd());
    const std::byte* before = machine.memory.find(0, 1, guest::Access::kRead).data();
    for (int i = 0; i < 50; ++i) {
        CHECK(vmm.dma_unmap(0, ram.size()) == ram.size());
        CHECK_FALSE(machine.memory.accessible(0, 1, guest::Access::kRead));
        vmm.dma_map(0, 0xd8000, ram.fd());
        vmm.dma_map(0xd8000, 0x8000, -1, 0, kDmaRead);
        vmm.dma_map(0xf0000, 0x310000, ram.fd(), 0xf0000);
        CHECK_FALSE(machine.memory.accessible(0xd8000, 1, guest::Access::kRead));
        CHECK(vmm.dma_unmap(0, 0, kDmaUnmapAll) == 0);
        CHECK(machine.memory.range_count() == 0);
        vmm.dma_map(0, ram.size(), ram.fd());
    }
    CHECK(machine.memory.find(0, 1, guest::Access::kRead).data() == before);
    CHECK(machine.memory.file_count() == 1);
    // What stays unused is let go after a while.
    vmm.dma_unmap(0, ram.size());
    machine.clock.advance(std::chrono::seconds{1});
    vmm.settle();
    CHECK(machine.memory.file_count() == 1);
    machine.clock.advance(std::chrono::seconds{2});
    vmm.settle();
    CHECK(machine.memory.file_count() == 0);
}

TEST_CASE("messages that are sent without waiting are answered in order") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    std::vector<uint16_t> ids;
    for (uint64_t i = 0; i < 100; ++i) {
        const DmaMap map{.argsz = 32, .flags = 1, .address = i * 4096, .size = 4096};
        ids.push_back(vmm.send(Command::kDmaMap, bytes_of(map)));
    }
    for (const uint16_t id : ids) {
        const auto reply = vmm.receive();
        REQUIRE(reply);
        CHECK(reply->header.id == id);
        CHECK(reply->error() == 0);
    }
}

TEST_CASE("each message of a burst has its own file, and none has another's") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    const UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    const int fd = event.get();
    const IrqSet assign{.argsz = 20,
                        .flags = kIrqSetDataEventfd | kIrqSetActionTrigger,
                        .index = kIrqMsix,
                        .count = 1};
    const RegionAccess register_read{.offset = 0x502, .region = 2, .count = 2};
    // All of it is there before the server looks.
    for (int i = 0; i < 3; ++i) {
        vmm.send(Command::kRegionRead, bytes_of(register_read));
    }
    vmm.send(Command::kDeviceSetIrqs, bytes_of(assign), {&fd, 1});
    vmm.send(Command::kRegionRead, bytes_of(register_read));
    for (int i = 0; i < 5; ++i) {
        const auto reply = vmm.receive();
        REQUIRE(reply);
        CHECK(reply->error() == 0);
    }
    CHECK(machine.server->stats().unwanted_fds == 0);
    vmm.expect(Command::kDeviceSetIrqs,
               bytes_of(IrqSet{.argsz = 20,
                               .flags = kIrqSetDataNone | kIrqSetActionTrigger,
                               .index = kIrqMsix,
                               .count = 1}));
    uint64_t signals = 0;
    CHECK(::read(fd, &signals, sizeof signals) == sizeof signals);
}

TEST_CASE("a message of many reads, between short ones, is whole") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    const auto write = [](uint64_t offset, size_t count) {
        std::vector<std::byte> message(sizeof(RegionAccess) + count);
        const RegionAccess access{
            .offset = offset, .region = 0, .count = static_cast<uint32_t>(count)};
        std::memcpy(message.data(), &access, sizeof access);
        for (size_t i = 0; i < count; ++i) {
            message[sizeof access + i] = static_cast<std::byte>(i * 7 + offset);
        }
        return message;
    };
    struct Part {
        uint64_t offset;
        size_t count;
    };
    // 4096 bytes are one read: below, at and above it, and far above.
    const std::vector<Part> parts{{0, 4},      {100, 4048},      {5000, 4064}, {10'000, 4065},
                                  {20'000, 9}, {30'000, 60'000}, {100'000, 1}};
    for (const Part& part : parts) {
        vmm.send(Command::kRegionWrite, write(part.offset, part.count));
    }
    for (size_t i = 0; i < parts.size(); ++i) {
        const auto reply = vmm.receive();
        REQUIRE(reply);
        CHECK(reply->error() == 0);
    }
    const auto memory = machine.vga.video_memory();
    for (const Part& part : parts) {
        const auto expected = write(part.offset, part.count);
        CHECK(std::equal(expected.begin() + sizeof(RegionAccess), expected.end(),
                         memory.begin() + static_cast<std::ptrdiff_t>(part.offset)));
    }
}

TEST_CASE("a command with NO_REPLY gets none, also if it fails") {
    const LogLines log;
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    std::array<std::byte, sizeof(RegionAccess) + 2> write{};
    const RegionAccess access{.offset = 0x502, .region = 2, .count = 2};
    std::memcpy(write.data(), &access, sizeof access);
    write[sizeof access] = std::byte{64};
    vmm.send(Command::kRegionWrite, write, {}, kFlagNoReply);
    vmm.send(Command::kRegionRead, bytes_of(RegionAccess{.region = 99, .count = 1}), {},
             kFlagNoReply);
    vmm.send(static_cast<Command>(77), {}, {}, kFlagNoReply);
    vmm.settle();
    CHECK(machine.vga.dispi[1] == 64);
    CHECK(machine.server->stats().malformed == 1);
    CHECK(machine.server->stats().replies_with_error == 2);
    // The next thing that comes is the reply to the next command.
    CHECK(vmm.device_info().regions == 9);
}

TEST_CASE("vectors are given, replaced and taken away") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    const auto trigger = [&](uint32_t start, uint32_t count) {
        vmm.expect(Command::kDeviceSetIrqs,
                   bytes_of(IrqSet{.argsz = 20,
                                   .flags = kIrqSetDataNone | kIrqSetActionTrigger,
                                   .index = kIrqMsix,
                                   .start = start,
                                   .count = count}));
    };
    const std::array events{make_eventfd(), make_eventfd(), make_eventfd(), make_eventfd()};
    const std::array fds{events[0].get(), events[1].get(), events[2].get()};
    vmm.set_msix(0, fds);
    trigger(0, 3);
    for (size_t i = 0; i < 3; ++i) {
        CHECK(signals(events[i]) == 1);
    }
    const int other = events[3].get();
    vmm.set_msix(1, {&other, 1});
    trigger(1, 1);
    CHECK(signals(events[1]) == 0);
    CHECK(signals(events[3]) == 1);

    const std::array<std::byte, 3> flags{std::byte{1}, std::byte{0}, std::byte{1}};
    const IrqSet by_bool{.argsz = 23, .flags = 0x22, .index = kIrqMsix, .count = 3};
    vmm.expect(Command::kDeviceSetIrqs, joined(bytes_of(by_bool), flags));
    CHECK(signals(events[0]) == 1);
    CHECK(signals(events[3]) == 0);
    CHECK(signals(events[2]) == 1);

    vmm.release_msix(0, 2);
    trigger(0, 3);
    CHECK(signals(events[0]) == 0);
    CHECK(signals(events[2]) == 1);
    vmm.disable_msix();
    trigger(2, 1);
    CHECK(signals(events[2]) == 0);
}

TEST_CASE("eventfds are closed when they are replaced, taken away, or their client goes") {
    EchoMachine machine;
    const auto open_fds = [] {
        int count = 0;
        for (int fd = 0; fd < 256; ++fd) {
            count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
        }
        return count;
    };
    std::optional<VfioUserClient> vmm{std::in_place, machine.loop, machine.path};
    vmm->negotiate();
    const UniqueFd event = make_eventfd();
    const std::array fds{event.get(), event.get(), event.get()};
    const int before = open_fds();
    vmm->set_msix(0, fds);
    CHECK(open_fds() == before + 3);
    vmm->set_msix(0, fds);
    CHECK(open_fds() == before + 3);
    vmm->release_msix(0, 3);
    CHECK(open_fds() == before);
    vmm->set_msix(0, fds);
    vmm->settle();
    vmm.reset();
    while (machine.loop.dispatch(Nanoseconds{0})) {
    }
    CHECK(machine.clients.detached.size() == 1);
    CHECK(open_fds() == before - 2);  // both ends of the connection are gone, too
}

TEST_CASE("when the VMM goes, the card is reset, memory forgotten, and the next VMM served") {
    EchoMachine machine;
    for (int round = 1; round <= 3; ++round) {
        std::optional<VfioUserClient> vmm{std::in_place, machine.loop, machine.path};
        GuestRam ram{size_t{4} << 20};
        vmm->negotiate();
        vmm->dma_map(0, ram.size(), ram.fd());
        VirtioDriver driver{*vmm, ram};
        driver.start();
        machine.device.hold = round == 2;
        static_cast<void>(driver.submit(0, std::vector<std::byte>(4), 4));
        vmm->settle();
        vmm->disconnect();
        while (machine.loop.dispatch(Nanoseconds{0})) {
        }
        CHECK(machine.clients.attached == round);
        REQUIRE(machine.clients.detached.size() == static_cast<size_t>(round));
        CHECK(machine.clients.detached.back() == "closed the connection");
        CHECK_FALSE(machine.server->attached());
        CHECK(machine.function.virtio().status() == 0);
        CHECK(machine.device.held.empty());
        CHECK(machine.memory.range_count() == 0);
        CHECK(machine.memory.file_count() == 0);
        CHECK(machine.vga.resets >= round);
    }
    CHECK(machine.server->stats().clients == 3);
}

TEST_CASE("a VMM that takes the place of one that just went is served") {
    EchoMachine machine;
    VfioUserClient first{machine.loop, machine.path};
    first.negotiate();
    first.disconnect();
    // Both, the end of the first and the second, are news in the same turn of the loop.
    VfioUserClient second{machine.loop, machine.path};
    second.negotiate();
    CHECK(second.device_info().regions == 9);
    CHECK(machine.clients.attached == 2);
    CHECK(machine.clients.detached.size() == 1);
}

TEST_CASE("the process that holds the socket is known while it does") {
    EchoMachine machine;
    CHECK(machine.server->place().client_process() == 0);
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    CHECK(machine.server->place().client_process() == ::getpid());
    vmm.disconnect();
    while (machine.loop.dispatch(Nanoseconds{0})) {
    }
    CHECK(machine.server->place().client_process() == 0);
}

TEST_CASE("a second VMM hears that the card is busy, and the first doesn't notice") {
    LogLines log;
    EchoMachine machine;
    VfioUserClient first{machine.loop, machine.path};
    first.negotiate();
    for (int i = 0; i < 6; ++i) {
        VfioUserClient second{machine.loop, machine.path};
        const auto reply = second.call(Command::kVersion, version_request("{}"));
        CHECK(reply.error() == EBUSY);
        CHECK(second.closed_by_server());
        CHECK(first.device_info().regions == 9);
    }
    CHECK(log.count("refused a second VMM") == 6);
    CHECK(machine.server->stats().clients_refused == 6);
    CHECK(machine.clients.attached == 1);
    CHECK(machine.clients.detached.empty());
}

TEST_CASE("who connects and says nothing takes no place") {
    EchoMachine machine;
    const VfioUserClient silent{machine.loop, machine.path};
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    CHECK(machine.clients.attached == 1);
    CHECK(machine.clients.detached.empty());
}

TEST_CASE("a second connection takes the place of nobody who hasn't spoken yet") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    const VfioUserClient second{machine.loop, machine.path};
    machine.loop.dispatch(Nanoseconds{0});
    machine.loop.dispatch(Nanoseconds{0});
    vmm.negotiate();
    CHECK(vmm.device_info().regions == 9);
    CHECK(machine.clients.attached == 1);
    CHECK(machine.clients.detached.empty());
}

TEST_CASE("half a message keeps the place for a while only") {
    EchoMachine machine;
    VfioUserClient half{machine.loop, machine.path};
    half.send_raw(std::vector<std::byte>(4));
    half.settle();
    {
        VfioUserClient early{machine.loop, machine.path};
        CHECK(early.call(Command::kVersion, version_request("{}")).error() == EBUSY);
    }
    machine.clock.advance(std::chrono::seconds{6});
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    CHECK(machine.clients.attached == 1);
}

TEST_CASE("who has not used the card gives the place to one that connected earlier, at once") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    std::optional<VfioUserClient> second{std::in_place, machine.loop, machine.path};
    second->negotiate();
    CHECK(second->device_info().regions == 9);
    std::array<std::byte, 4> config{};
    second->read_region(RegionIndex::kConfig, 0, config);
    CHECK_FALSE(machine.server->place().device_used());
    vmm.negotiate();
    CHECK(second->closed_by_server());
    CHECK(machine.clients.attached == 2);
    // It was no VMM, so nothing ends with it.
    CHECK(machine.clients.detached.size() == 1);
    CHECK_FALSE(machine.server->place().device_used());
    vmm.reset_device();
    CHECK(machine.server->place().device_used());
    vmm.disconnect();
    while (machine.loop.dispatch(Nanoseconds{0})) {
    }
    CHECK(machine.clients.detached.size() == 2);
    CHECK(machine.server->place().device_used());
}

TEST_CASE("who has not used the card keeps the place for a while only, who has keeps it") {
    EchoMachine machine;
    VfioUserClient first{machine.loop, machine.path};
    first.negotiate();
    {
        VfioUserClient early{machine.loop, machine.path};
        CHECK(early.call(Command::kVersion, version_request("{}")).error() == EBUSY);
    }
    machine.clock.advance(std::chrono::seconds{6});
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    CHECK(first.closed_by_server());
    vmm.write<uint16_t>(RegionIndex::kConfig, 4, 0);
    machine.clock.advance(std::chrono::hours{1});
    VfioUserClient late{machine.loop, machine.path};
    CHECK(late.call(Command::kVersion, version_request("{}")).error() == EBUSY);
    CHECK(vmm.device_info().regions == 9);
}

TEST_CASE("what keeps a message waiting holds no more descriptors than were announced") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    const UniqueFd event = make_eventfd();
    const std::vector<int> fds(200, event.get());
    const size_t before = open_descriptors();
    // A header without the rest of its message.
    vmm.send_raw(bytes_of(Header{.command = 8, .size = 200}), fds);
    vmm.settle();
    CHECK(open_descriptors() <= before + kMaxMessageFds);
}

TEST_CASE("any number of silent connections is bounded, and keeps no VMM out for long") {
    EchoMachine machine;
    std::vector<std::unique_ptr<VfioUserClient>> silent;
    for (int i = 0; i < 50; ++i) {
        silent.push_back(std::make_unique<VfioUserClient>(machine.loop, machine.path));
        machine.loop.dispatch(Nanoseconds{0});
    }
    machine.clock.advance(std::chrono::seconds{6});
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    CHECK(machine.clients.attached == 1);
}

TEST_CASE("who connects and fails over and over gets no more lines of the log by it") {
    LogLines log;
    EchoMachine machine;
    for (int i = 0; i < 100; ++i) {
        VfioUserClient vmm{machine.loop, machine.path};
        vmm.negotiate();
        static_cast<void>(vmm.call(Command::kRegionRead));
        vmm.disconnect();
        while (machine.loop.dispatch(Nanoseconds{0})) {
        }
    }
    CHECK(log.count("refused") <= 10);
}

TEST_CASE("a file that is no eventfd is refused for an interrupt, and closed") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    const TempDir dir;
    const UniqueFd file{::open(dir.file("file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd reader{ends[0]};
    const UniqueFd writer{ends[1]};
    for (const int fd : {file.get(), writer.get(), vmm.fd()}) {
        const auto reply =
            vmm.call(Command::kDeviceSetIrqs,
                     bytes_of(IrqSet{.argsz = 20,
                                     .flags = kIrqSetDataEventfd | kIrqSetActionTrigger,
                                     .index = kIrqMsix,
                                     .count = 1}),
                     std::array{fd});
        CHECK(reply.error() == EINVAL);
    }
    const UniqueFd event = make_eventfd();
    vmm.set_msix(0, std::array{event.get()});
}

TEST_CASE("the socket is private, and goes away with the server") {
    EchoMachine machine;
    struct stat status = {};
    REQUIRE(::stat(machine.path.c_str(), &status) == 0);
    CHECK(S_ISSOCK(status.st_mode));
    CHECK((status.st_mode & 0777) == 0600);
    machine.server.reset();
    CHECK(::stat(machine.path.c_str(), &status) != 0);
}

TEST_CASE("a socket of somebody else at the server's path is left alone at the end") {
    EchoMachine machine;
    std::filesystem::remove(machine.path);
    std::ofstream{machine.path} << "mine";
    machine.server.reset();
    CHECK(std::filesystem::exists(machine.path));
}

TEST_CASE("a path that is too long, no socket, or nowhere is exit code 2 and one line") {
    EchoMachine machine;
    const auto too_long = start_error(machine, machine.dir.file(std::string(120, 'x')));
    REQUIRE(too_long);
    CHECK(too_long->exit_code() == 2);
    CHECK(std::string{too_long->what()}.find("too long") != std::string::npos);

    const std::string file = machine.dir.file("file");
    std::ofstream{file} << "precious";
    const auto no_socket = start_error(machine, file);
    REQUIRE(no_socket);
    CHECK(no_socket->exit_code() == 2);
    CHECK(std::string{no_socket->what()}.find("not a socket") != std::string::npos);
    CHECK(std::filesystem::file_size(file) == 8);

    const auto nowhere = start_error(machine, machine.dir.file("none/x.sock"));
    REQUIRE(nowhere);
    CHECK(nowhere->exit_code() == 2);
    CHECK(std::string{nowhere->what()}.find('\n') == std::string::npos);
}

TEST_CASE("a path that a live server has is refused, and that server doesn't notice") {
    LogLines log;
    EchoMachine machine;
    const auto in_use = start_error(machine, machine.path);
    REQUIRE(in_use);
    CHECK(in_use->exit_code() == 2);
    CHECK(std::string{in_use->what()}.find("in use") != std::string::npos);
    while (machine.loop.dispatch(Nanoseconds{0})) {
    }
    CHECK(machine.clients.attached == 0);
    CHECK(machine.clients.detached.empty());
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    CHECK(start_error(machine, machine.path));
    CHECK(vmm.device_info().regions == 9);
}

TEST_CASE("a socket that a dead process left is replaced") {
    EchoMachine machine;
    const std::string path = machine.dir.file("stale.sock");
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        const UniqueFd dead{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        REQUIRE(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
        REQUIRE(::listen(dead.get(), 1) == 0);
    }
    REQUIRE(std::filesystem::exists(path));
    CHECK_FALSE(start_error(machine, path));
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a server that ends with a VMM attached drops it quietly") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    GuestRam ram{size_t{1} << 20};
    vmm.negotiate();
    vmm.dma_map(0, ram.size(), ram.fd());
    machine.server.reset();
    CHECK(vmm.closed_by_server());
    CHECK(machine.clients.detached.empty());
    CHECK(machine.memory.range_count() == 0);
}

TEST_CASE("region accesses are counted and timed") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    vmm.negotiate();
    static_cast<void>(vmm.read<uint16_t>(RegionIndex::kBar2, 0x500));
    vmm.write<uint16_t>(RegionIndex::kBar2, 0x502, 1);
    const Stats& stats = machine.server->stats();
    CHECK(stats.messages[static_cast<size_t>(Command::kVersion)] == 1);
    CHECK(stats.messages[static_cast<size_t>(Command::kRegionRead)] == 1);
    CHECK(stats.messages[static_cast<size_t>(Command::kRegionWrite)] == 1);
    CHECK(stats.region_access.count() == 2);
}

TEST_CASE("a message comes behind what the one before has set off, also when more has come") {
    EchoMachine machine;
    VfioUserClient vmm{machine.loop, machine.path};
    GuestRam ram{size_t{4} << 20};
    vmm.negotiate();
    vmm.dma_map(0, ram.size(), ram.fd());
    VirtioDriver driver{vmm, ram};
    driver.start();
    vmm.settle();
    int work = 0;
    machine.device.on_kick = [&] { machine.device.config[0] = static_cast<std::byte>(++work); };
    const PciProbe& probe = driver.probe();
    const auto kick = [&] {
        const RegionAccess access{.offset = probe.notify.offset,
                                  .region = static_cast<uint32_t>(probe.notify.bar),
                                  .count = 2};
        vmm.send(Command::kRegionWrite, joined(bytes_of(access), bytes_of(uint16_t{0})));
    };
    const auto look = [&] {
        const RegionAccess access{.offset = probe.config.offset,
                                  .region = static_cast<uint32_t>(probe.config.bar),
                                  .count = 1};
        return vmm.send(Command::kRegionRead, bytes_of(access));
    };
    kick();
    kick();
    const uint16_t looked = look();
    machine.loop.dispatch(Nanoseconds{0});
    look();  // the socket has news while two messages are here already
    machine.loop.dispatch(Nanoseconds{0});
    for (auto reply = vmm.receive(); reply; reply = vmm.receive()) {
        if (reply->header.id == looked) {
            CHECK(reply->payload.back() == std::byte{2});
            break;
        }
    }
    CHECK(work == 2);
}

TEST_CASE("what a VM leaves is gone before the next one comes") {
    EchoMachine machine;
    for (int round = 1; round <= 2; ++round) {
        VfioUserClient vmm{machine.loop, machine.path};
        vmm.negotiate();
        const auto line = vmm.read<uint8_t>(RegionIndex::kConfig, pci::config::kInterruptLine);
        CHECK(line == 0);
        vmm.write<uint8_t>(RegionIndex::kConfig, pci::config::kInterruptLine, 0x5a);
        vmm.reset_device();
        CHECK(machine.vga.power_offs == round - 1);
        vmm.disconnect();
        while (machine.loop.dispatch(Nanoseconds{0})) {
        }
        CHECK(machine.vga.power_offs == round);
    }
}
