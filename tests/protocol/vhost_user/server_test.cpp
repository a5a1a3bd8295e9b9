// SPDX-License-Identifier: MIT
// What a VMM says over vhost-user, and what it gets.
#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <string>
#include <vector>

#include "support/bytes.h"
#include "support/vhost_echo.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vhost_user;
using Style = VhostFrontEnd::Style;

namespace {

constexpr std::array kStyles{Style::kQemu7, Style::kQemu11, Style::kCrosvm,
                             Style::kCloudHypervisor};

}  // namespace

TEST_CASE("every front end's driver is answered, kicked by an eventfd and called by another") {
    for (const Style style : kStyles) {
        CAPTURE(static_cast<int>(style));
        VhostEcho machine;
        VhostGuest guest{machine, style};
        CHECK(machine.clients.attached == 1);
        guest.vmm.start();
        guest.vmm.settle();
        static_cast<void>(guest.vmm.take_calls(0));
        for (int i = 0; i < 200; ++i) {
            REQUIRE(guest.echoes());
            CHECK(guest.vmm.take_calls(0) == 1);
        }
        CHECK(machine.server->stats().errors == 0);
        CHECK(machine.server->stats().unwanted_fds == 0);
        // Only where QEMU's own window would show nothing there is something to say.
        CHECK(machine.log.lines.size() == (style == Style::kQemu7 ? 1 : 0));
    }
}

TEST_CASE("the socket is the user's alone, and goes with the server") {
    VhostEcho machine;
    struct stat status = {};
    REQUIRE(::lstat(machine.path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    machine.server.reset();
    CHECK(::lstat(machine.path.c_str(), &status) != 0);
}

TEST_CASE("what is offered is what is done") {
    VhostEcho machine;
    VhostFrontEnd vmm{machine.loop, machine.path, machine.ram, Style::kQemu11};
    CHECK(vmm.number(Command::kGetFeatures) == 0x1'7400'0001);
    CHECK(vmm.number(Command::kGetProtocolFeatures) == 0x1'b22b);
    CHECK(vmm.number(Command::kGetQueueNum) == 2);
    CHECK(vmm.number(Command::kGetMaxMemSlots) == 509);
    // What is kept here doesn't travel.
    machine.device.keeps_nothing = false;
    CHECK(vmm.number(Command::kGetFeatures) == 0x1'7000'0001);
    CHECK(vmm.number(Command::kGetProtocolFeatures) == 0x1'b229);
}

TEST_CASE("requests that wait when the driver starts are answered without a kick") {
    for (const Style style : kStyles) {
        VhostEcho machine;
        VhostGuest guest{machine, style};
        guest.vmm.start();
        guest.vmm.stop();
        const DriverQueue::Buffer out{guest.ram.allocate(16), 8};
        guest.vmm.queue(0).add(std::span{&out, 1}, {});
        guest.vmm.settle();
        CHECK_FALSE(guest.vmm.queue(0).take_used());
        guest.vmm.start();
        guest.vmm.settle();
        CHECK(guest.vmm.queue(0).take_used());
    }
}

TEST_CASE("a pause keeps what the driver has, a driver that begins anew resets the device") {
    for (const Style style : kStyles) {
        CAPTURE(static_cast<int>(style));
        VhostEcho machine;
        VhostGuest guest{machine, style};
        guest.vmm.start();
        REQUIRE(guest.echoes());
        const int resets = machine.device.resets;
        guest.vmm.stop();
        guest.vmm.start();
        REQUIRE(guest.echoes());
        CHECK(machine.device.resets == resets);

        guest.vmm.reset_driver();
        guest.vmm.start();
        REQUIRE(guest.echoes());
        CHECK(machine.device.resets > resets);
    }
}

TEST_CASE("a driver whose ring broke is served again after its reset") {
    for (const Style style : kStyles) {
        CAPTURE(static_cast<int>(style));
        VhostEcho machine;
        VhostGuest guest{machine, style};
        guest.vmm.start();
        guest.vmm.settle();
        guest.vmm.queue(0).publish(200);  // there are 64
        guest.vmm.kick(0);
        guest.vmm.settle();
        CHECK(machine.log.count("a queue of the guest's driver is broken") == 1);
        // Those in Rust give no eventfd for errors.
        const bool rust = style == Style::kCrosvm || style == Style::kCloudHypervisor;
        CHECK(guest.vmm.take_errors(0) == (rust ? 0 : 1));
        guest.vmm.reset_driver();
        guest.vmm.start();
        CHECK(guest.echoes());
    }
}

TEST_CASE("the configuration is read and written at any place, and has zeros behind its end") {
    VhostEcho machine;
    machine.device.config.fill(std::byte{7});
    VhostGuest guest{machine, Style::kQemu7};
    std::array<std::byte, 20> bytes{};
    guest.vmm.read_config(0, bytes);
    CHECK(bytes[15] == std::byte{7});
    CHECK(bytes[16] == std::byte{0});
    guest.vmm.write_config(3, bytes_of(uint8_t{9}));
    std::array<std::byte, 1> one{};
    guest.vmm.read_config(3, one);
    CHECK(one[0] == std::byte{9});
    std::array<std::byte, 256> all{};
    guest.vmm.read_config(0, all);
    CHECK(all[255] == std::byte{0});
}

TEST_CASE("a change of the configuration is told on the back end's channel, not to QEMU's gpu") {
    VhostEcho machine;
    VhostGuest guest{machine, Style::kCrosvm};
    guest.vmm.start();
    guest.vmm.settle();
    machine.device.change_config();
    CHECK(guest.vmm.take_config_changes() == 1);
    CHECK(machine.server->stats().config_changes == 1);

    // One that doesn't read is told no more than its socket holds, and isn't waited for.
    for (int i = 0; i < 5000; ++i) {
        machine.device.change_config();
        machine.loop.dispatch(Nanoseconds{0});
    }
    const size_t told = guest.vmm.take_config_changes();
    CHECK(told > 0);
    CHECK(told < 5000);
    machine.device.change_config();
    CHECK(guest.vmm.take_config_changes() == 1);

    VhostEcho other;
    VhostGuest gpu{other, Style::kQemu7};
    gpu.vmm.start();
    gpu.vmm.settle();
    other.device.change_config();
    CHECK(gpu.vmm.take_config_changes() == 0);
}

TEST_CASE("memory in two parts of one file is found by the addresses of both") {
    // As with vhost-user-vga: below 0xa0000 and above 0xc0000.
    VhostEcho machine;
    const GuestRam ram{size_t{1} << 20};
    VhostFrontEnd vmm{machine.loop, machine.path, machine.ram, Style::kCrosvm};
    vmm.realize();
    const std::array regions{
        MemoryRegion{0, 0xa0000, 0x7000'0000'0000, 0},
        MemoryRegion{0xc0000, 0x40000, 0x7000'000c'0000, 0xc0000},
    };
    const auto table = joined(bytes_of(MemoryTableHead{2, 0}),
                              std::as_bytes(std::span<const MemoryRegion>{regions}));
    CHECK(vmm.acknowledged(Command::kSetMemTable, table, std::array{ram.fd(), ram.fd()}) == 0);
    CHECK(machine.memory.range_count() == 2);
    CHECK(machine.memory.file_count() == 1);
    CHECK(machine.memory.accessible(0xc0000, 0x40000, guest::Access::kWrite));
    CHECK_FALSE(machine.memory.accessible(0xa0000, 1, guest::Access::kRead));
    // Instead of it, not beside it.
    CHECK(vmm.acknowledged(Command::kSetMemTable, table, std::array{ram.fd(), ram.fd()}) == 0);
    CHECK(machine.memory.range_count() == 2);
}

TEST_CASE("memory comes and goes by slots while a ring runs") {
    VhostEcho machine;
    VhostGuest guest{machine, Style::kQemu11};
    guest.vmm.start();
    const GuestRam more{4096};
    const SingleRegion slot{0, {uint64_t{1} << 32, 4096, 0x1000, 0}};
    CHECK(guest.vmm.acknowledged(Command::kAddMemReg, bytes_of(slot), std::array{more.fd()}) == 0);
    CHECK(machine.memory.range_count() == 2);
    CHECK(guest.echoes());
    CHECK(guest.vmm.acknowledged(Command::kRemMemReg, bytes_of(slot)) == 0);
    CHECK(machine.memory.range_count() == 1);
    CHECK(machine.memory.file_count() == 1);
    CHECK(guest.vmm.acknowledged(Command::kRemMemReg, bytes_of(slot)) == 1);
    CHECK(guest.echoes());
}

TEST_CASE("a VMM that goes leaves nothing, and the next one is served") {
    for (const Style style : kStyles) {
        VhostEcho machine;
        for (int i = 0; i < 3; ++i) {
            VhostGuest guest{machine, style};
            guest.vmm.start();
            REQUIRE(guest.echoes());
            CHECK(machine.server->place().device_used());
            guest.vmm.disconnect();
            guest.vmm.settle();
            CHECK_FALSE(machine.server->attached());
            CHECK(machine.memory.range_count() == 0);
            CHECK(machine.memory.file_count() == 0);
        }
        CHECK(machine.clients.detached == std::vector<std::string>(3, "closed the connection"));
    }
}

TEST_CASE("a second VMM is turned away while one uses the device") {
    VhostEcho machine;
    VhostGuest guest{machine, Style::kQemu7};
    guest.vmm.start();
    VhostFrontEnd second{machine.loop, machine.path, machine.ram, Style::kQemu7};
    second.send(Command::kGetFeatures);
    CHECK(second.closed_by_server());
    CHECK(machine.server->stats().clients_refused == 1);
    CHECK(guest.echoes());
}

TEST_CASE("whoever only looks at the device was no VMM") {
    VhostEcho machine;
    VhostFrontEnd looker{machine.loop, machine.path, machine.ram, Style::kCrosvm};
    static_cast<void>(looker.number(Command::kGetFeatures));
    looker.send(Command::kSetOwner);
    CHECK_FALSE(machine.server->place().device_used());
    looker.disconnect();
    looker.settle();
    CHECK_FALSE(machine.server->place().device_used());
}

TEST_CASE("a socket that was handed over serves one VMM") {
    LogLines log;
    ManualClock clock;
    EventLoop loop{clock};
    guest::GuestMemory memory;
    EchoDevice device;
    RecordedClients clients;
    for (const bool speaks : {true, false}) {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) ==
                0);
        UniqueFd vmm{ends[0]};
        const Server server{{loop, device, memory}, UniqueFd{ends[1]}, &clients};
        if (speaks) {
            const Header header{.request = 1, .flags = kVersion};
            CHECK(::send(vmm.get(), &header, sizeof header, 0) == sizeof header);
            while (loop.dispatch(Nanoseconds{0})) {
            }
            std::array<std::byte, 64> reply{};
            CHECK(::recv(vmm.get(), reply.data(), reply.size(), MSG_DONTWAIT) == 20);
        }
        vmm.reset();
        while (loop.dispatch(Nanoseconds{0})) {
        }
    }
    // Also of the one that never said a word.
    CHECK(clients.detached.size() == 2);
}

TEST_CASE("a front end that doesn't kick is looked at by a timer") {
    VhostEcho machine;
    VhostGuest guest{machine, Style::kCrosvm};
    guest.vmm.start();
    static_cast<void>(guest.vmm.call(Command::kGetVringBase, bytes_of(VringState{0, 0})));
    guest.vmm.send(Command::kSetVringKick, bytes_of(kVringNoFd));
    guest.vmm.settle();
    const DriverQueue::Buffer out{guest.ram.allocate(16), 8};
    for (int i = 0; i < 3; ++i) {
        guest.vmm.queue(0).add(std::span{&out, 1}, {});
        guest.vmm.settle();
        CHECK_FALSE(guest.vmm.queue(0).take_used());
        machine.clock.advance(Nanoseconds{10'000'000});
        guest.vmm.settle();
        CHECK(guest.vmm.queue(0).take_used());
    }
}
