// SPDX-License-Identifier: MIT
// What a broken or hostile front end can send about what it keeps for its back end over vhost-user.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "core/memfd.h"
#include "support/bytes.h"
#include "support/vhost_echo.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vhost_user;
using Style = VhostFrontEnd::Style;

namespace {

struct KeepingVhost : VhostEcho {
    VhostGuest guest{*this, Style::kQemu7};
    InFlightArea area;
    UniqueFd kept = guest.vmm.make_in_flight(area);

    uint64_t taken(const InFlightArea& said, int fd) {
        return guest.vmm.acknowledged(Command::kSetInflightFd, bytes_of(said), std::array{fd});
    }
    /// A fresh VMM can attach and is served.
    void still_serves() {
        guest.vmm.disconnect();
        guest.vmm.settle();
        VhostGuest next{*this, Style::kQemu11};
        next.vmm.start();
        CHECK(next.echoes());
    }
};

}  // namespace

TEST_CASE("memory for what is in flight of another size, or none at all, is refused") {
    KeepingVhost bad;
    REQUIRE(bad.kept);
    InFlightArea wrong = bad.area;
    wrong.size += 4096;
    CHECK(bad.taken(wrong, bad.kept.get()) == 1);
    wrong = bad.area;
    wrong.queue_size = 1024;
    CHECK(bad.taken(wrong, bad.kept.get()) == 1);
    wrong = bad.area;
    wrong.queues = 1;
    CHECK(bad.taken(wrong, bad.kept.get()) == 0);  // two rings of which one is kept
    wrong.queues = 9;
    CHECK(bad.taken(wrong, bad.kept.get()) == 1);
    wrong = bad.area;
    wrong.offset = 4096;
    CHECK(bad.taken(wrong, bad.kept.get()) == 1);
    wrong.offset = UINT64_MAX;
    CHECK(bad.taken(wrong, bad.kept.get()) == 1);
    const UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    CHECK(bad.taken(bad.area, null.get()) == 1);
    const UniqueFd event{::eventfd(0, EFD_CLOEXEC)};
    CHECK(bad.taken(bad.area, event.get()) == 1);
    const UniqueFd readable{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    CHECK(bad.taken(bad.area, readable.get()) == 1);
    // Not while rings run.
    CHECK(bad.taken(bad.area, bad.kept.get()) == 0);
    bad.guest.vmm.start();
    CHECK(bad.taken(bad.area, bad.kept.get()) == 1);
    CHECK(bad.guest.echoes());
    bad.still_serves();
}

TEST_CASE("a front end that asks for memory that can't be is told that there is none") {
    KeepingVhost bad;
    for (const InFlightArea& asked :
         {InFlightArea{.queues = 0, .queue_size = 64}, InFlightArea{.queues = 60000},
          InFlightArea{.queues = 2, .queue_size = 65535}}) {
        const auto reply = bad.guest.vmm.call(Command::kGetInflightFd, bytes_of(asked));
        CHECK(reply.as<InFlightArea>().size == 0);
        CHECK_FALSE(reply.fd);
    }
    bad.guest.vmm.start();
    CHECK(bad.guest.echoes());
}

TEST_CASE("rubbish in the memory of what is in flight breaks its ring at most") {
    for (const int byte : {0xff, 0x01, 0x7f}) {
        CAPTURE(byte);
        KeepingVhost bad;
        std::vector<unsigned char> bytes(bad.area.size, static_cast<unsigned char>(byte));
        for (const size_t queue : {size_t{0}, size_t{1088}}) {
            bytes[queue + 8] = 1;  // a version that is known
            bytes[queue + 9] = 0;
        }
        REQUIRE(::pwrite(bad.kept.get(), bytes.data(), bytes.size(), 0) ==
                static_cast<ssize_t>(bytes.size()));
        REQUIRE(bad.taken(bad.area, bad.kept.get()) == 0);
        bad.guest.vmm.start();
        bad.guest.vmm.settle();
        bad.still_serves();
    }
}

TEST_CASE("memory that is cut under what is in flight, or under the log, is survived") {
    KeepingVhost bad;
    const UniqueFd loose{std::move(*create_memfd("x", bad.area.size, MemfdSeals::kNone))};
    REQUIRE(bad.taken(bad.area, loose.get()) == 0);
    bad.guest.vmm.start();
    bad.guest.vmm.log_writes(loose.get(), 4096);
    REQUIRE(bad.guest.echoes());
    REQUIRE(::ftruncate(loose.get(), 0) == 0);
    for (int i = 0; i < 100; ++i) {
        REQUIRE(bad.guest.echoes());
    }
    bad.still_serves();
}

TEST_CASE("a log that can't be one ends the connection: the VMM must not believe in it") {
    const UniqueFd file{std::move(*create_memfd("log", 4096, MemfdSeals::kNone))};
    const UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    struct BadLog {
        LogArea area;
        int fd;
    };
    for (const BadLog& one : {BadLog{{8192, 0}, file.get()}, BadLog{{0, 0}, file.get()},
                              BadLog{{4096, 4096}, file.get()}, BadLog{{16, 8}, file.get()},
                              BadLog{{4096, UINT64_MAX}, file.get()},
                              BadLog{{UINT64_MAX, 0}, file.get()}, BadLog{{4096, 0}, null.get()}}) {
        CAPTURE(one.area.size);
        CAPTURE(one.area.offset);
        KeepingVhost bad;
        bad.guest.vmm.send(Command::kSetLogBase, bytes_of(one.area), std::array{one.fd});
        CHECK(bad.guest.vmm.closed_by_server());
        bad.still_serves();
    }
}

TEST_CASE("a log's eventfd that is none, and a status that can't be, are refused") {
    KeepingVhost bad;
    const UniqueFd file{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    CHECK(bad.guest.vmm.acknowledged(Command::kSetLogFd, {}, std::array{file.get()}) == 1);
    CHECK(bad.guest.vmm.acknowledged(Command::kSetLogFd) == 1);
    CHECK(bad.guest.vmm.acknowledged(Command::kSetStatus, bytes_of(uint64_t{0x100})) == 1);
    CHECK(bad.guest.vmm.acknowledged(Command::kSetStatus, bytes_of(~uint64_t{0})) == 1);
    CHECK(bad.guest.vmm.number(Command::kGetStatus) == 0);
    bad.still_serves();
}

TEST_CASE("none of it is taken before SET_OWNER") {
    VhostEcho machine;
    for (const Command command : {Command::kSetInflightFd, Command::kSetStatus}) {
        VhostFrontEnd vmm{machine.loop, machine.path, machine.ram, Style::kQemu7};
        vmm.send(Command::kSetProtocolFeatures,
                 bytes_of(vmm.number(Command::kGetProtocolFeatures)));
        const UniqueFd file{std::move(*create_memfd("x", 4096, MemfdSeals::kNone))};
        const bool status = command == Command::kSetStatus;
        const auto payload = status ? joined(bytes_of(uint64_t{1}), {})
                                    : joined(bytes_of(InFlightArea{4096, 0, 2, 64, 0}), {});
        const std::array fds{file.get()};
        CHECK(vmm.acknowledged(command, payload, std::span{fds}.first(status ? 0 : 1)) == 1);
    }
    for (const Command command :
         {Command::kGetStatus, Command::kGetInflightFd, Command::kSetLogBase}) {
        VhostFrontEnd vmm{machine.loop, machine.path, machine.ram, Style::kQemu7};
        const UniqueFd file{std::move(*create_memfd("x", 4096, MemfdSeals::kNone))};
        const std::array fds{file.get()};
        const auto payload = command == Command::kGetStatus ? Bytes{}
                             : command == Command::kSetLogBase
                                 ? joined(bytes_of(LogArea{4096, 0}), {})
                                 : joined(bytes_of(InFlightArea{}), {});
        vmm.send(command, payload, std::span{fds}.first(command == Command::kSetLogBase ? 1 : 0));
        CHECK(vmm.closed_by_server());
    }
    CHECK_FALSE(machine.server->place().device_used());
}
