// SPDX-License-Identifier: MIT
// Over vhost-user: what a front end keeps for its back end (requests in flight, the log of what was
// written), and the driver's status.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <set>
#include <vector>

#include "core/memfd.h"
#include "support/bytes.h"
#include "support/vhost_echo.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vhost_user;
using Style = VhostFrontEnd::Style;

namespace {

constexpr uint64_t kNeedsReset = 0x40;

uint16_t add_request(VhostGuest& guest) {
    const DriverQueue::Buffer out{guest.ram.allocate(16), 8};
    return guest.vmm.queue(0).add(std::span{&out, 1}, {});
}

std::multiset<uint32_t> answered(VhostFrontEnd& vmm) {
    std::multiset<uint32_t> heads;
    while (const auto used = vmm.queue(0).take_used()) {
        heads.insert(used->head);
    }
    return heads;
}

/// The log that a VMM shares while it migrates.
struct MigrationLog {
    static constexpr size_t kBytes = 4096;
    UniqueFd file{std::move(*create_memfd("log", kBytes, MemfdSeals::kFixedSize))};
    Mapping mapping{std::move(*Mapping::map(file.get(), 0, kBytes, MapAccess::kReadWrite))};

    /// Whether the page with this address is marked.
    [[nodiscard]] bool has(uint64_t address) const {
        const uint64_t page = address / 4096;
        return (std::to_integer<unsigned>(mapping.bytes()[page / 8]) >> page % 8 & 1U) != 0;
    }
    void clear() const { std::fill(mapping.bytes().begin(), mapping.bytes().end(), std::byte{0}); }
    [[nodiscard]] bool empty() const {
        return std::all_of(mapping.bytes().begin(), mapping.bytes().end(),
                           [](std::byte b) { return b == std::byte{0}; });
    }
};

}  // namespace

TEST_CASE("what was in flight when a back end ended is carried out once by the next one") {
    for (const Style style : {Style::kQemu7, Style::kQemu11}) {
        CAPTURE(static_cast<int>(style));
        VhostEcho machine;
        machine.device.hold = true;
        VhostGuest guest{machine, style};
        InFlightArea area;
        const UniqueFd kept = guest.vmm.make_in_flight(area);
        REQUIRE(kept);
        CHECK(area.size > 0);
        CHECK(guest.vmm.acknowledged(Command::kSetInflightFd, bytes_of(area),
                                     std::array{kept.get()}) == 0);
        guest.vmm.start();
        std::vector<uint16_t> heads;
        for (int i = 0; i < 5; ++i) {
            heads.push_back(add_request(guest));
        }
        guest.vmm.kick(0);
        guest.vmm.settle();
        REQUIRE(machine.device.held.size() == 5);
        // Answers come in any order: the third, and it ends.
        std::swap(machine.device.held[0], machine.device.held[2]);
        const auto rest = machine.device.held;
        machine.device.held.resize(1);
        machine.device.answer_held();
        guest.vmm.settle();
        guest.vmm.disconnect();
        guest.vmm.settle();

        // Another process, of which only the memory of the front end knows.
        VhostEcho next;
        GuestRam& ram = machine.ram;
        VhostFrontEnd again{next.loop, next.path, ram, style};
        again.realize();
        again.go_on_from(guest.vmm);
        CHECK(again.acknowledged(Command::kSetInflightFd, bytes_of(area), std::array{kept.get()}) ==
              0);
        again.start();
        again.settle();
        CHECK(answered(again) == std::multiset<uint32_t>{heads.begin(), heads.end()});
        CHECK(next.server->counters().ring_errors == 0);

        // And goes on as any other.
        const DriverQueue::Buffer out{ram.allocate(16), 8};
        const uint16_t head = again.queue(0).add(std::span{&out, 1}, {});
        again.kick(0);
        again.settle();
        CHECK(answered(again) == std::multiset<uint32_t>{head});
    }
}

TEST_CASE("without memory for what is in flight a front end that comes back has lost it") {
    VhostEcho machine;
    machine.device.hold = true;
    VhostGuest guest{machine, Style::kQemu7};
    guest.vmm.start();
    const uint16_t first = add_request(guest);
    static_cast<void>(add_request(guest));
    guest.vmm.kick(0);
    guest.vmm.settle();
    machine.device.held.erase(machine.device.held.begin());
    machine.device.answer_held();
    guest.vmm.settle();
    guest.vmm.disconnect();
    guest.vmm.settle();
    VhostEcho next;
    VhostFrontEnd again{next.loop, next.path, machine.ram, Style::kQemu7};
    again.realize();
    again.go_on_from(guest.vmm);
    again.start();
    again.settle();
    // The index says that one was answered, not which.
    CHECK_FALSE(answered(again).contains(first));
}

TEST_CASE("a driver that begins anew finds nothing in flight") {
    for (const Style style : {Style::kQemu7, Style::kQemu11}) {
        CAPTURE(static_cast<int>(style));
        VhostEcho machine;
        VhostGuest guest{machine, style};
        InFlightArea area;
        const UniqueFd kept = guest.vmm.make_in_flight(area);
        guest.vmm.send(Command::kSetInflightFd, bytes_of(area), std::array{kept.get()});
        guest.vmm.start();
        REQUIRE(guest.echoes());
        guest.vmm.stop();
        guest.vmm.start();
        REQUIRE(guest.echoes());
        machine.device.hold = true;
        for (int i = 0; i < 3; ++i) {
            static_cast<void>(add_request(guest));
        }
        guest.vmm.kick(0);
        guest.vmm.settle();
        machine.device.held.clear();
        machine.device.hold = false;
        guest.vmm.reset_driver();
        guest.vmm.start();
        for (int i = 0; i < 3; ++i) {
            REQUIRE(guest.echoes());
        }
        CHECK(machine.server->counters().ring_errors == 0);
    }
}

TEST_CASE("while the log is on, all that the device writes is in it: answers and rings") {
    for (const Style style : {Style::kQemu7, Style::kQemu11}) {
        CAPTURE(static_cast<int>(style));
        VhostEcho machine;
        VhostGuest guest{machine, style};
        guest.vmm.start();
        const MigrationLog log;
        REQUIRE(guest.echoes());
        guest.vmm.log_writes(log.file.get(), MigrationLog::kBytes);
        CHECK(log.empty());

        const UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
        guest.vmm.send(Command::kSetLogFd, {}, std::array{event.get()});
        const uint64_t out = guest.ram.allocate(4096, 4096);
        const uint64_t in = guest.ram.allocate(3 * 4096, 4096);
        const DriverQueue::Buffer readable{out, 4096};
        const DriverQueue::Buffer writable{in + 4000, 4096};
        guest.vmm.queue(0).add(std::span{&readable, 1}, std::span{&writable, 1});
        guest.vmm.kick(0);
        guest.vmm.settle();
        CHECK(guest.vmm.queue(0).take_used());
        CHECK(log.has(in));
        CHECK(log.has(in + 4096));
        CHECK_FALSE(log.has(in + 8192));
        CHECK_FALSE(log.has(out));
        CHECK(log.has(guest.vmm.queue(0).used_ring()));
        uint64_t told = 0;
        CHECK(::read(event.get(), &told, sizeof told) == sizeof told);

        guest.vmm.stop_log();
        log.clear();
        REQUIRE(guest.echoes());
        CHECK(log.empty());
        CHECK(machine.server->stats().errors == 0);
    }
}

TEST_CASE("a VMM that goes takes its log along") {
    VhostEcho machine;
    const MigrationLog log;
    {
        VhostGuest guest{machine, Style::kQemu7};
        guest.vmm.start();
        guest.vmm.log_writes(log.file.get(), MigrationLog::kBytes);
        REQUIRE(guest.echoes());
        guest.vmm.disconnect();
        guest.vmm.settle();
    }
    log.clear();
    VhostGuest next{machine, Style::kQemu7};
    next.vmm.start();
    REQUIRE(next.echoes());
    CHECK(log.empty());
}

TEST_CASE("the driver's status is what it wrote, with what the device has to say") {
    VhostEcho machine;
    VhostGuest guest{machine, Style::kQemu11};
    CHECK(guest.vmm.number(Command::kGetStatus) == 0);
    guest.vmm.start();
    CHECK(guest.vmm.number(Command::kGetStatus) == 0xf);
    guest.vmm.queue(0).publish(200);  // there are 64
    guest.vmm.kick(0);
    guest.vmm.settle();
    CHECK(guest.vmm.number(Command::kGetStatus) == (0xf | kNeedsReset));
    guest.vmm.reset_driver();
    CHECK(guest.vmm.number(Command::kGetStatus) == 0);
    guest.vmm.start();
    CHECK(guest.echoes());
    // A packed ring is not to be had.
    guest.vmm.stop();
    guest.vmm.send(Command::kSetFeatures, bytes_of(kFeatureRingPacked));
    guest.vmm.send(Command::kSetStatus, bytes_of(uint64_t{kStatusFeaturesOk | 3}));
    CHECK(guest.vmm.number(Command::kGetStatus) == 3);
}

TEST_CASE("a status of 0 is a reset while rings run, and says nothing once they stand still") {
    VhostEcho machine;
    VhostGuest guest{machine, Style::kQemu7};
    guest.vmm.start();
    REQUIRE(guest.echoes());
    const int resets = machine.device.resets;
    guest.vmm.stop();
    guest.vmm.send(Command::kSetStatus, bytes_of(uint64_t{0}));
    guest.vmm.start();
    REQUIRE(guest.echoes());
    CHECK(machine.device.resets == resets);
    guest.vmm.send(Command::kSetStatus, bytes_of(uint64_t{0}));
    CHECK(machine.device.resets == resets + 1);
    CHECK_FALSE(guest.echoes());
}
