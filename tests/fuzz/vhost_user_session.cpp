// SPDX-License-Identifier: MIT
// A front end that sends anything: messages with files or without, whole or cut, to a device.
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <vector>

#include "core/byte_reader.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "harness.h"
#include "support/bytes.h"
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
    std::optional<Server> server;

    FuzzedServer() {
        std::array<int, 2> ends{};
        static_cast<void>(
            ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()));
        vmm.reset(ends[0]);
        server.emplace(Server::Served{loop, device, memory}, UniqueFd{ends[1]});
    }

    void run() {
        std::array<std::byte, 65536> replies;
        for (int i = 0; i < 4; ++i) {
            const Turn turn;
            loop.dispatch(Nanoseconds{0});
            while (::recv(vmm.get(), replies.data(), replies.size(), MSG_DONTWAIT) > 0) {
            }
        }
    }

    void send(std::span<const std::byte> bytes, std::span<const int> fds) const {
        static_cast<void>(send_with_fds(vmm.get(), bytes, fds));
    }
};

/// A payload that is nearly right: the structure of the request with small numbers in its fields.
Bytes take_vhost_payload(FuzzInput& input, Command command) {
    const auto small = [&input] { return uint32_t{input.take<uint8_t>()}; };
    const auto pages = [&input] { return uint64_t{input.take<uint8_t>()} << 12U; };
    switch (command) {
        case Command::kSetFeatures:
            return joined(bytes_of(uint64_t{small()} << 24U), {});
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
            return joined(bytes_of(uint64_t{small() % 3}), {});
        case Command::kGetConfig:
            return joined(bytes_of(ConfigHead{small(), small(), 0}), {});
        case Command::kSetConfig: {
            const uint32_t count = small() % 20;
            return joined(bytes_of(ConfigHead{small(), count, 0}), input.take_bytes(count));
        }
        case Command::kSetLogBase:
            return joined(bytes_of(LogArea{small(), pages()}), {});
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
            return joined(input.take_bytes(input.take<uint8_t>() % 4 == 0 ? 8 : 0), {});
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    FuzzedServer machine;
    machine.send(bytes_of(Header{.request = 3, .flags = kVersion}), {});
    machine.run();
    while (!input.empty()) {
        const auto shape = input.take<uint8_t>();
        const auto number = uint32_t{input.take<uint8_t>()} % 48;
        const Bytes payload = take_vhost_payload(input, static_cast<Command>(number));
        Header header{.request = number,
                      .flags = kVersion | (shape & kFlagNeedReply),
                      .size = static_cast<uint32_t>(payload.size())};
        if (shape % 32 == 31) {
            header.size = input.take<uint16_t>();
        }
        // Memory, a log, and what is in flight.
        const bool memory = number == 5 || number == 6 || number == 32 || number == 37;
        const int file = memory ? machine.ram.fd() : machine.event.get();
        const std::array fds{file, file, machine.ram.fd()};
        const bool with_files =
            memory || (number >= 12 && number <= 14) || number == 7 || number == 21;
        const size_t fd_count = with_files ? input.take<uint8_t>() % 4 : 0;
        Bytes whole = joined(bytes_of(header), payload);
        if (shape % 64 == 63) {
            whole.resize(input.take<uint8_t>() % whole.size() + 1);
        }
        if (shape % 16 == 7) {
            const uint64_t one = 1;
            static_cast<void>(::write(machine.event.get(), &one, sizeof one) == sizeof one);
        }
        machine.send(whole, std::span{fds}.first(fd_count));
        machine.run();
    }
    machine.vmm.reset();
    machine.loop.dispatch(Nanoseconds{0});
}
