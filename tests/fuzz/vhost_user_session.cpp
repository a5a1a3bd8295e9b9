// SPDX-License-Identifier: MIT
// A front end that sends anything: messages with files or without, whole or cut, to a device. One
// input of two begins with rings that run.
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "core/byte_reader.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "harness.h"
#include "in_flight_memory.h"
#include "session_peer.h"
#include "support/bytes.h"
#include "support/driver_queue.h"
#include "support/echo_device.h"
#include "support/fd_passing.h"
#include "support/guest_ram.h"
#include "vhost_user/protocol.h"
#include "vhost_user/server.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vhost_user;

namespace {

constexpr uint64_t kUser = 0x7000'0000;

struct FuzzedServer {
    ManualClock clock;
    EventLoop loop{clock};
    guest::GuestMemory memory;
    EchoDevice device;
    GuestRam ram{0x40000};
    UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    UniqueFd vmm;
    /// What the device is given to ask by; nobody reads.
    std::array<UniqueFd, 2> channel = connected_sockets();
    std::optional<Server> server;

    FuzzedServer() {
        auto [ours, theirs] = connected_sockets();
        vmm = std::move(ours);
        server.emplace(Server::Served{loop, device, memory}, std::move(theirs));
    }

    void run() { run_session(loop, vmm.get()); }

    void send(std::span<const std::byte> bytes, std::span<const int> fds) const {
        static_cast<void>(send_with_fds(vmm.get(), bytes, fds));
    }
    template <class Payload>
    void ask(Command command, const Payload& payload, std::span<const int> fds = {}) {
        const Header header{
            .request = static_cast<uint32_t>(command), .flags = kVersion, .size = sizeof payload};
        send(joined(bytes_of(header), bytes_of(payload)), fds);
        run();
    }
    void start(uint8_t how);
    void publish(FuzzInput& input);
    void disturb(FuzzInput& input);
};

/// Both rings, as front ends begin, with a record of what is in flight or without.
void FuzzedServer::start(uint8_t how) {
    struct OneRegion {
        MemoryTableHead head;
        MemoryRegion region;
    };
    const std::array memory_file{ram.fd()};
    const std::array event_file{event.get()};
    const uint64_t features = kFeatureProtocolFeatures | uint64_t{how & 12U} << 26U;
    ask(Command::kSetFeatures, features);
    ask(Command::kSetProtocolFeatures,
        kProtocolReplyAck | kProtocolInflightShmfd | kProtocolConfig);
    ask(Command::kSetMemTable, OneRegion{{1, 0}, {0, ram.size(), kUser, 0}}, memory_file);
    if ((how & 16U) != 0) {
        InFlightArea area{.size = 0, .offset = 0, .queues = 2, .queue_size = 64};
        const auto file = InFlightMemory::create(area);
        const std::array in_flight{file->get()};
        ask(Command::kSetInflightFd, area, in_flight);
    }
    for (uint32_t ring = 0; ring < 2; ++ring) {
        const uint64_t at = kUser + 0x1000 + 0x4000 * uint64_t{ring};
        ask(Command::kSetVringNum, VringState{ring, 64});
        ask(Command::kSetVringBase, VringState{ring, 0});
        ask(Command::kSetVringAddr,
            VringAddresses{
                .index = ring, .descriptors = at, .used = at + 0x2000, .available = at + 0x1000});
        ask(Command::kSetVringCall, uint64_t{ring}, event_file);
        ask(Command::kSetVringErr, uint64_t{ring}, event_file);
        ask(Command::kSetVringKick, uint64_t{ring}, event_file);
        ask(Command::kSetVringEnable, VringState{ring, 1});
    }
}

/// A request at the end of a ring, mostly well made, and a kick.
void FuzzedServer::publish(FuzzInput& input) {
    const uint64_t at = 0x1000 + 0x4000 * (input.take<uint8_t>() % 2U);
    const auto count = input.take<uint8_t>() % 8U;
    const auto shape = input.take<uint8_t>();
    const uint16_t flags = shape < 224 ? shape % 2 * DriverQueue::kWrite : shape % 8;
    auto index = ram.load<uint16_t>(at + 0x1002);
    for (uint32_t i = 0; i < count; ++i) {
        const auto slot = static_cast<uint16_t>(index++ % 64U);
        ram.store(at + uint64_t{16} * slot,
                  DriverQueue::Descriptor{0x10000U + shape * 16U, shape, flags, slot});
        ram.store(at + 0x1004 + uint64_t{2} * slot, slot);
    }
    ram.store(at + 0x1002, index);
    const uint64_t one = 1;
    static_cast<void>(::write(event.get(), &one, sizeof one) == sizeof one);
}

/// What happens besides messages.
void FuzzedServer::disturb(FuzzInput& input) {
    switch (const auto what = input.take<uint8_t>(); what % 8) {
        case 0:
            device.change_config();
            break;
        case 1:
            device.hold = !device.hold;
            break;
        case 2:
            device.answer_held();
            break;
        case 3:
            clock.advance(std::chrono::milliseconds{10});
            break;
        case 4: {
            // The rings' memory, anyhow.
            const uint64_t at = input.take<uint16_t>() % 0x9000U;
            const auto bytes = input.take_bytes(what / 8);
            std::copy(bytes.begin(), bytes.end(), ram.at(at, bytes.size()).begin());
            break;
        }
        default:
            publish(input);
            break;
    }
}

/// A payload that is nearly right: the structure of the request with small numbers in its fields.
Bytes take_vhost_payload(FuzzInput& input, Command command) {
    const auto small = [&input] { return uint32_t{input.take<uint8_t>()}; };
    const auto pages = [&input] { return uint64_t{input.take<uint8_t>()} << 12U; };
    switch (command) {
        case Command::kSetFeatures:
            return joined(bytes_of(uint64_t{small()} << (small() % 8 == 7 ? 27U : 24U)), {});
        case Command::kSetProtocolFeatures:
            // The status' bit is the 16th.
            return joined(bytes_of(uint64_t{small()} << (small() % 2) * 9U), {});
        case Command::kSetMemTable: {
            const uint32_t count = small() % 3;
            Bytes all = joined(bytes_of(MemoryTableHead{count, 0}), {});
            for (uint32_t i = 0; i < count; ++i) {
                all = joined(all, bytes_of(MemoryRegion{pages(), pages(), kUser + pages(), 0}));
            }
            return all;
        }
        case Command::kAddMemReg:
        case Command::kRemMemReg:
            return joined(bytes_of(SingleRegion{0, {pages(), pages(), kUser + pages(), pages()}}),
                          {});
        case Command::kSetVringNum:
        case Command::kSetVringBase:
        case Command::kGetVringBase:
        case Command::kSetVringEnable:
            return joined(bytes_of(VringState{small() % 3, small()}), {});
        case Command::kSetVringAddr:
            return joined(bytes_of(VringAddresses{.index = small() % 3,
                                                  .descriptors = kUser + pages(),
                                                  .used = kUser + pages(),
                                                  .available = kUser + pages()}),
                          {});
        case Command::kSetVringKick:
        case Command::kSetVringCall:
        case Command::kSetVringErr:
            return joined(bytes_of(small() % 3 | uint64_t{small() % 8 == 7} << 8U), {});
        case Command::kGetConfig:
            return joined(bytes_of(ConfigHead{small(), small(), 0}), {});
        case Command::kSetConfig: {
            const uint32_t count = small() % 20;
            return joined(bytes_of(ConfigHead{small(), count, 0}), input.take_bytes(count));
        }
        case Command::kSetLogBase:
            return joined(bytes_of(LogArea{small() % 2 == 0 ? small() : pages(), pages()}), {});
        case Command::kGetInflightFd:
        case Command::kSetInflightFd:
            return joined(
                bytes_of(InFlightArea{.size = pages(),
                                      .offset = pages(),
                                      .queues = static_cast<uint16_t>(small() % 4),
                                      .queue_size = static_cast<uint16_t>(1U << small() % 12)}),
                {});
        case Command::kSetStatus:
            return joined(bytes_of(uint64_t{small()}), {});
        default:
            return joined(input.take_bytes(input.take<uint8_t>() % 8 == 7 ? 8 : 0), {});
    }
}

/// How many files go along: mostly as many as the request wants.
size_t take_file_count(FuzzInput& input, Command command, std::span<const std::byte> payload) {
    const auto choice = input.take<uint8_t>();
    if (choice >= 224) {
        return choice % 4U;
    }
    switch (command) {
        case Command::kSetMemTable:
            return std::min<size_t>(ByteReader{payload}.read<uint32_t>().value_or(0), 3);
        case Command::kSetVringKick:
        case Command::kSetVringCall:
        case Command::kSetVringErr:
            return (ByteReader{payload}.read<uint64_t>().value_or(0) & kVringNoFd) != 0 ? 0 : 1;
        case Command::kAddMemReg:
        case Command::kSetBackendReqFd:
        case Command::kGpuSetSocket:
        case Command::kSetLogBase:
        case Command::kSetLogFd:
        case Command::kSetInflightFd:
            return 1;
        default:
            return 0;
    }
}

void send_message(FuzzInput& input, FuzzedServer& machine, uint32_t number) {
    const auto shape = input.take<uint8_t>();
    const auto command = static_cast<Command>(number);
    const Bytes payload = take_vhost_payload(input, command);
    Header header{.request = number,
                  .flags = kVersion | (shape & kFlagNeedReply),
                  .size = static_cast<uint32_t>(payload.size())};
    if (shape % 32 == 31) {
        header.size = input.take<uint16_t>();
        header.flags = input.take<uint8_t>();
    }
    const bool memory = command == Command::kSetMemTable || command == Command::kSetLogBase ||
                        command == Command::kSetInflightFd || command == Command::kAddMemReg;
    const bool channel = command == Command::kSetBackendReqFd || command == Command::kGpuSetSocket;
    const int usual = memory    ? machine.ram.fd()
                      : channel ? machine.channel[0].get()
                                : machine.event.get();
    const int file = shape % 16 == 13 ? machine.ram.fd() : usual;
    const std::array fds{file, file, machine.ram.fd()};
    const size_t count = take_file_count(input, command, payload);
    Bytes whole = joined(bytes_of(header), payload);
    if (shape % 64 == 63) {
        whole.resize(input.take<uint8_t>() % whole.size() + 1);
    }
    machine.send(whole, std::span{fds}.first(count));
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    FuzzedServer machine;
    const auto how = input.take<uint8_t>();
    if (how % 4 != 3) {
        machine.send(bytes_of(Header{.request = 3, .flags = kVersion}), {});
        machine.run();
    }
    if (how % 4 < 2) {
        machine.start(how);
    }
    while (!input.empty()) {
        const auto what = input.take<uint8_t>();
        if (what < 192) {
            send_message(input, machine, what % 48);
        } else {
            machine.disturb(input);
        }
        machine.run();
    }
    machine.vmm.reset();
    machine.loop.dispatch(Nanoseconds{0});
}
