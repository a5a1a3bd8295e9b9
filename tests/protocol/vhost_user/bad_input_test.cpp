// SPDX-License-Identifier: MIT
// What a broken or hostile front end can send over vhost-user.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "support/bytes.h"
#include "support/random.h"
#include "support/vhost_echo.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vhost_user;
using Style = VhostFrontEnd::Style;

namespace {

struct BadVhost : VhostEcho {
    VhostFrontEnd vmm{loop, path, ram, Style::kCrosvm};

    BadVhost() { vmm.realize(); }

    uint64_t refused(Command command, std::span<const std::byte> payload = {},
                     std::span<const int> fds = {}) {
        return vmm.acknowledged(command, payload, fds);
    }
    uint64_t table_refused(std::vector<MemoryRegion> regions, const std::vector<int>& fds) {
        const auto count = static_cast<uint32_t>(regions.size());
        return refused(
            Command::kSetMemTable,
            joined(bytes_of(MemoryTableHead{count, 0}), std::as_bytes(std::span{regions})), fds);
    }
    /// A fresh VMM can attach and is served.
    void still_serves() {
        vmm.disconnect();
        vmm.settle();
        VhostGuest next{*this, Style::kQemu7};
        next.vmm.start();
        CHECK(next.echoes());
    }
};

int open_files() {
    int count = 0;
    for (int fd = 0; fd < 512; ++fd) {
        count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

}  // namespace

TEST_CASE("vhost-user: a header that can't be one ends the connection, and only that") {
    const std::array headers{
        Header{.request = 1, .flags = 0},
        Header{.request = 1, .flags = 2},
        Header{.request = 1, .flags = kVersion, .size = kMaxPayload + 1},
        Header{.request = 1, .flags = kVersion, .size = UINT32_MAX},
    };
    for (const Header& header : headers) {
        CAPTURE(header.flags);
        CAPTURE(header.size);
        BadVhost bad;
        bad.vmm.send_raw(bytes_of(header));
        CHECK(bad.vmm.closed_by_server());
        CHECK(bad.server->stats().malformed == 1);
        bad.still_serves();
    }
}

TEST_CASE("vhost-user: nothing but questions is taken before SET_OWNER") {
    VhostEcho machine;
    VhostFrontEnd vmm{machine.loop, machine.path, machine.ram, Style::kQemu7};
    const uint64_t all = vmm.number(Command::kGetProtocolFeatures);
    vmm.send(Command::kSetProtocolFeatures, bytes_of(all));
    CHECK(vmm.acknowledged(Command::kSetVringEnable, bytes_of(VringState{0, 1})) == 1);
    CHECK(vmm.acknowledged(Command::kSetMemTable, bytes_of(MemoryTableHead{})) == 1);
    CHECK_FALSE(machine.server->place().device_used());
    vmm.send(Command::kSetOwner);
    CHECK(vmm.acknowledged(Command::kSetOwner) == 1);
    CHECK(vmm.acknowledged(Command::kSetVringEnable, bytes_of(VringState{0, 1})) == 0);
    CHECK(machine.clients.attached == 1);
}

TEST_CASE("vhost-user: a question that can't be answered ends the connection, a refusal doesn't") {
    BadVhost bad;
    CHECK(bad.refused(static_cast<Command>(20)) == 1);
    CHECK(bad.refused(static_cast<Command>(9999)) == 1);
    // Without a wish for a reply there is none.
    bad.vmm.send(static_cast<Command>(9999));
    CHECK(bad.vmm.number(Command::kGetQueueNum) == 2);
    // GET_CONFIG has a way to say no.
    CHECK(bad.vmm.call(Command::kGetConfig, bytes_of(ConfigHead{250, 10, 0})).payload.empty());
    bad.vmm.send(Command::kGetVringBase, bytes_of(VringState{7, 0}));
    CHECK(bad.vmm.closed_by_server());
    bad.still_serves();
}

TEST_CASE("vhost-user: memory that overlaps, ends outside its file, or is no file, is refused") {
    BadVhost bad;
    const int ram = bad.ram.fd();
    const MemoryRegion good{0, 0x2000, 0x10000, 0};
    CHECK(bad.table_refused({good, {0x1000, 0x2000, 0x20000, 0}}, {ram, ram}) == 1);
    CHECK(bad.table_refused({good, {0x4000, 0x2000, 0x11000, 0}}, {ram, ram}) == 1);
    CHECK(bad.table_refused({{0, 0x2000, 0x10000, size_t{4} << 20}}, {ram}) == 1);
    CHECK(bad.table_refused({{0, 0x2000, 0x10000, UINT64_MAX - 0xfff}}, {ram}) == 1);
    CHECK(bad.table_refused({{UINT64_MAX - 0xfff, 0x2000, 0x10000, 0}}, {ram}) == 1);
    CHECK(bad.table_refused({{0, 0x2000, UINT64_MAX - 0xfff, 0}}, {ram}) == 1);
    CHECK(bad.table_refused({{0, 0, 0x10000, 0}}, {ram}) == 1);
    CHECK(bad.table_refused({{0x800, 0x2000, 0x10000, 0}}, {ram}) == 1);
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    const UniqueFd reading{pipe[0]};
    const UniqueFd writing{pipe[1]};
    CHECK(bad.table_refused({good}, {reading.get()}) == 1);
    // After a failure nothing of the table is there.
    CHECK(bad.memory.range_count() == 0);
    CHECK(bad.memory.file_count() == 0);
    // A count of files that isn't that of the regions.
    CHECK(bad.table_refused({good}, {}) == 1);
    CHECK(bad.table_refused({good}, {ram, ram}) == 1);
    CHECK(bad.table_refused({good}, {ram}) == 0);
    bad.still_serves();
}

TEST_CASE("vhost-user: slots are bounded") {
    BadVhost bad;
    for (uint64_t i = 0; i < 509; ++i) {
        REQUIRE(bad.refused(Command::kAddMemReg,
                            bytes_of(SingleRegion{0, {i * 0x2000, 0x1000, i * 0x2000, 0}}),
                            std::array{bad.ram.fd()}) == 0);
    }
    CHECK(bad.refused(Command::kAddMemReg,
                      bytes_of(SingleRegion{0, {0x4000'0000, 0x1000, 0x4000'0000, 0}}),
                      std::array{bad.ram.fd()}) == 1);
    CHECK(bad.memory.file_count() == 1);
    bad.still_serves();
}

TEST_CASE("vhost-user: a kick, call or error that is no eventfd is refused and closed") {
    BadVhost bad;
    const UniqueFd file{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    const UniqueFd plain{::open(bad.dir.file("plain").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    REQUIRE(plain);
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    const UniqueFd reading{pipe[0]};
    const UniqueFd writing{pipe[1]};
    const int before = open_files();
    for (const Command command :
         {Command::kSetVringKick, Command::kSetVringCall, Command::kSetVringErr}) {
        for (const int fd : {file.get(), plain.get(), reading.get(), writing.get(), bad.ram.fd()}) {
            CHECK(bad.refused(command, bytes_of(uint64_t{0}), std::array{fd}) == 1);
        }
        // Of a ring that there isn't, without a file, with two, with bits that mean nothing.
        const UniqueFd good{::eventfd(0, EFD_CLOEXEC)};
        CHECK(bad.refused(command, bytes_of(uint64_t{2}), std::array{good.get()}) == 1);
        CHECK(bad.refused(command, bytes_of(uint64_t{0})) == 1);
        CHECK(bad.refused(command, bytes_of(uint64_t{0}), std::array{good.get(), good.get()}) == 1);
        CHECK(bad.refused(command, bytes_of(uint64_t{0x200}), std::array{good.get()}) == 1);
        CHECK(bad.refused(command, bytes_of(kVringNoFd), std::array{good.get()}) == 1);
    }
    CHECK(open_files() == before);
    bad.still_serves();
}

TEST_CASE("vhost-user: descriptors that nobody asked for are closed") {
    BadVhost bad;
    const int before = open_files();
    const std::vector<int> many(8, bad.ram.fd());
    for (int i = 0; i < 20; ++i) {
        bad.vmm.send(Command::kGetQueueNum, {}, many);
        static_cast<void>(bad.vmm.receive());
    }
    CHECK(bad.server->stats().unwanted_fds == 160);
    CHECK(open_files() == before);
    // More than a message may bring: none is kept, and the message is refused.
    const std::vector<int> more(20, bad.ram.fd());
    CHECK(bad.refused(Command::kSetVringEnable, bytes_of(VringState{0, 0}), more) == 1);
    CHECK(open_files() == before);
}

TEST_CASE("vhost-user: sizes, bases and indices that can't be are refused") {
    BadVhost bad;
    for (const uint32_t size : {0U, 3U, 2048U, 65536U, UINT32_MAX}) {
        CHECK(bad.refused(Command::kSetVringNum, bytes_of(VringState{0, size})) == 1);
    }
    CHECK(bad.refused(Command::kSetVringNum, bytes_of(VringState{2, 64})) == 1);
    CHECK(bad.refused(Command::kSetVringBase, bytes_of(VringState{0, 65536})) == 1);
    CHECK(bad.refused(Command::kSetVringEnable, bytes_of(VringState{0, 2})) == 1);
    CHECK(bad.refused(Command::kSetVringEnable, bytes_of(VringState{UINT32_MAX, 1})) == 1);
    CHECK(bad.refused(Command::kSetVringAddr, bytes_of(VringAddresses{.index = 9})) == 1);
    CHECK(bad.refused(Command::kSetConfig, bytes_of(ConfigHead{0, 4, 0})) == 1);
    CHECK(bad.refused(Command::kSetProtocolFeatures, bytes_of(~uint64_t{0})) == 1);
    bad.still_serves();
}

TEST_CASE("vhost-user: a running ring's size and base don't change") {
    VhostEcho machine;
    VhostGuest guest{machine, Style::kQemu7};
    guest.vmm.start();
    CHECK(guest.vmm.acknowledged(Command::kSetVringNum, bytes_of(VringState{0, 32})) == 1);
    CHECK(guest.vmm.acknowledged(Command::kSetVringBase, bytes_of(VringState{0, 5})) == 1);
    CHECK(guest.echoes());
}

TEST_CASE("vhost-user: a ring runs when all of it is there, in whichever order it came") {
    std::array<int, 3> order{0, 1, 2};
    do {
        VhostEcho machine;
        VhostGuest guest{machine, Style::kQemu7};
        guest.vmm.start();
        REQUIRE(guest.echoes());
        guest.vmm.stop();
        guest.vmm.send(Command::kResetDevice);
        guest.vmm.send(Command::kSetVringBase, bytes_of(VringState{0, 1}));
        const int kicks = machine.device.kicks;
        const UniqueFd kick{::eventfd(1, EFD_CLOEXEC)};
        for (const int step : order) {
            CHECK(machine.device.kicks == kicks);
            if (step == 0) {
                guest.vmm.send(Command::kSetVringAddr, bytes_of(guest.vmm.addresses(0)));
            } else if (step == 1) {
                guest.vmm.send(Command::kSetVringKick, bytes_of(uint64_t{0}),
                               std::array{kick.get()});
            } else {
                guest.vmm.send(Command::kSetVringEnable, bytes_of(VringState{0, 1}));
            }
        }
        CHECK(machine.device.kicks > kicks);
        CHECK(machine.server->counters().ring_errors == 0);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("vhost-user: a front end that ends in a message, or right behind one, is gone") {
    const Header header{.request = 5, .flags = kVersion, .size = 40};
    const auto whole = joined(joined(bytes_of(header), bytes_of(MemoryTableHead{1, 0})),
                              bytes_of(MemoryRegion{0, 0x2000, 0x10000, 0}));
    BadVhost bad;
    const int before = open_files();
    for (size_t length = 1; length <= whole.size(); ++length) {
        CAPTURE(length);
        VhostFrontEnd& vmm = bad.vmm;
        vmm.send_raw(std::span{whole}.first(length), std::array{bad.ram.fd()});
        vmm.disconnect();
        vmm.settle();
        CHECK_FALSE(bad.server->attached());
        CHECK(bad.memory.file_count() == 0);
        CHECK(open_files() <= before);
        vmm.connect(bad.path);
        vmm.send(Command::kSetOwner);
    }
    bad.still_serves();
}

TEST_CASE("vhost-user: rings outside the memory need a reset, and say so on the error eventfd") {
    VhostEcho machine;
    VhostGuest guest{machine, Style::kQemu7};
    guest.vmm.start();
    guest.vmm.stop();
    guest.vmm.send(Command::kSetVringAddr,
                   bytes_of(VringAddresses{
                       .index = 0, .descriptors = 0x10, .used = 0x1000, .available = 0x2000}));
    const UniqueFd kick{::eventfd(0, EFD_CLOEXEC)};
    guest.vmm.send(Command::kSetVringKick, bytes_of(uint64_t{0}), std::array{kick.get()});
    guest.vmm.send(Command::kSetVringEnable, bytes_of(VringState{0, 1}));
    guest.vmm.settle();
    CHECK(guest.vmm.take_errors(0) == 1);
    CHECK(machine.server->counters().ring_errors == 1);
    guest.vmm.reset_driver();
    guest.vmm.start();
    CHECK(guest.echoes());
}

TEST_CASE("vhost-user: a packed ring is refused") {
    VhostEcho machine;
    VhostGuest guest{machine, Style::kCrosvm};
    guest.vmm.start();
    guest.vmm.stop();
    guest.vmm.send(Command::kSetFeatures, bytes_of(uint64_t{0x5'7000'0001}));
    const UniqueFd kick{::eventfd(0, EFD_CLOEXEC)};
    guest.vmm.send(Command::kSetVringKick, bytes_of(uint64_t{0}), std::array{kick.get()});
    guest.vmm.send(Command::kSetVringEnable, bytes_of(VringState{0, 1}));
    guest.vmm.settle();
    CHECK(machine.server->counters().ring_errors == 1);
    CHECK(machine.device.held.empty());
}

TEST_CASE("vhost-user: memory that goes while a ring runs breaks the ring, not the program") {
    VhostEcho machine;
    VhostGuest guest{machine, Style::kCrosvm};
    guest.vmm.start();
    REQUIRE(guest.echoes());
    guest.vmm.send(Command::kSetMemTable, bytes_of(MemoryTableHead{}));
    CHECK(machine.memory.range_count() == 0);
    CHECK_FALSE(guest.echoes());
    CHECK(machine.server->counters().ring_errors == 1);
    guest.vmm.reset_driver();
    guest.vmm.start();
    CHECK(guest.echoes());
}

TEST_CASE("vhost-user: memory that shrinks under a ring is survived") {
    VhostEcho machine;
    VhostGuest guest{machine, Style::kQemu7};
    guest.vmm.start();
    REQUIRE(guest.echoes());
    machine.ram.shrink(4096);
    guest.vmm.kick(0);
    guest.vmm.settle();
    CHECK(machine.memory.damaged());
    CHECK(machine.log.count("the file behind the VM's memory shrank") == 1);
    guest.vmm.disconnect();
    guest.vmm.settle();
    CHECK_FALSE(machine.memory.damaged());
}

TEST_CASE("vhost-user: a front end that never reads costs no memory and stops nobody") {
    BadVhost bad;
    const ConfigHead head{0, 256, 0};
    const Header header{.request = 24, .flags = kVersion, .size = 12};
    bool full = false;
    for (int i = 0; i < 100'000 && !full; ++i) {
        try {
            bad.vmm.send_raw(joined(bytes_of(header), bytes_of(head)));
            bad.loop.dispatch(Nanoseconds{0});
        } catch (const std::runtime_error&) {
            full = true;
        }
    }
    CHECK(full);
    CHECK(bad.server->stats().messages < 5000);
    bad.still_serves();
}

TEST_CASE("vhost-user: random messages with random files harm nobody, and log little") {
    for (uint32_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Random random{seed};
        BadVhost bad;
        const UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
        try {
            for (int i = 0; i < 200; ++i) {
                std::vector<std::byte> payload(random.below(48));
                for (std::byte& byte : payload) {
                    byte = static_cast<std::byte>(random.below(4) == 0 ? random.below(256) : 0);
                }
                const std::array fds{event.get(), bad.ram.fd(), event.get()};
                bad.vmm.send(static_cast<Command>(random.below(46)), payload,
                             std::span{fds}.first(random.below(4)), random.below(2) * 8);
            }
        } catch (const std::runtime_error&) {
            // It was closed.
        }
        CHECK(bad.log.lines.size() < 60);
        bad.still_serves();
    }
}

TEST_CASE("vhost-user: ten thousand front ends that come and go leave nothing") {
    VhostEcho machine;
    int before = 0;
    for (int i = 0; i < 10'000; ++i) {
        VhostGuest guest{machine, i / 10 % 2 == 0 ? Style::kCrosvm : Style::kQemu7};
        if (i % 10 == 0) {
            guest.vmm.start();  // takes memory that is never given back
        }
        guest.vmm.disconnect();
        guest.vmm.settle();
        if (i == 1) {
            before = open_files();
        }
    }
    CHECK(open_files() <= before);
    CHECK(machine.memory.file_count() == 0);
    CHECK(machine.server->stats().clients == 10'000);
}
