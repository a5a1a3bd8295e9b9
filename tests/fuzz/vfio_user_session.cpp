// SPDX-License-Identifier: MIT
// A VMM that sends anything: messages with files or without, whole or cut, to a whole card.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <vector>

#include "core/byte_reader.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "harness.h"
#include "pci/display_function.h"
#include "session.h"
#include "support/bytes.h"
#include "support/echo_device.h"
#include "support/fake_vga.h"
#include "support/fd_passing.h"
#include "support/guest_ram.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vfio_user;

namespace {

struct Machine final : SessionListener {
    ManualClock clock;
    EventLoop loop{clock};
    guest::GuestMemory memory;
    EchoDevice device;
    FakeVga vga;
    pci::DisplayFunction function{{loop, memory, device, vga, vga}};
    Stats stats;
    GuestRam ram{0x40000};
    UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    UniqueFd vmm;
    bool closed = false;
    LogLimiter log_limiter;
    std::optional<Session> session;

    Machine() {
        std::array<int, 2> ends{};
        static_cast<void>(
            ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()));
        vmm.reset(ends[0]);
        session.emplace(Server::Served{loop, function, memory}, stats, log_limiter,
                        UniqueFd{ends[1]}, *this);
    }

    void session_attached() override {}
    void session_unmapped() override { memory.release_unused(); }
    void session_closed(const std::string&) override { closed = true; }

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
        static_cast<void>(test::send_with_fds(vmm.get(), bytes, fds));
    }
};

/// A payload that is nearly right: the structure of the command with small numbers in its fields.
Bytes take_payload(FuzzInput& input, uint16_t command) {
    switch (static_cast<Command>(command)) {
        case Command::kDmaMap:
            return joined(bytes_of(DmaMap{.argsz = 32,
                                          .flags = input.take<uint8_t>() & 7U,
                                          .offset = uint64_t{input.take<uint8_t>()} << 12,
                                          .address = uint64_t{input.take<uint8_t>()} << 12,
                                          .size = uint64_t{input.take<uint8_t>()} << 12}),
                          {});
        case Command::kDmaUnmap:
            return joined(bytes_of(DmaUnmap{.argsz = 24,
                                            .flags = input.take<uint8_t>() & 3U,
                                            .address = uint64_t{input.take<uint8_t>()} << 12,
                                            .size = uint64_t{input.take<uint8_t>()} << 12}),
                          {});
        case Command::kDeviceSetIrqs:
            return joined(bytes_of(IrqSet{.argsz = 20,
                                          .flags = input.take<uint8_t>(),
                                          .index = input.take<uint8_t>() % 6U,
                                          .start = input.take<uint8_t>() % 5U,
                                          .count = input.take<uint8_t>() % 5U}),
                          input.take_bytes(3));
        case Command::kRegionRead:
        case Command::kRegionWrite: {
            const auto count = input.take<uint8_t>() % 9U;
            const RegionAccess access{.offset = input.take<uint16_t>(),
                                      .region = input.take<uint8_t>() % 10U,
                                      .count = count};
            return joined(bytes_of(access),
                          command == 10 ? input.take_bytes(count) : std::span<const std::byte>{});
        }
        default:
            return joined(input.take_bytes(input.take<uint8_t>() % 48), {});
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    Machine machine;
    machine.send(joined(bytes_of(Header{.command = 1, .size = 20}), bytes_of(Version{})), {});
    machine.run();
    while (!input.empty() && !machine.closed) {
        const auto shape = input.take<uint8_t>();
        const uint16_t command = input.take<uint8_t>() % 20;
        const Bytes payload = take_payload(input, command);
        Header header{.command = command,
                      .size = static_cast<uint32_t>(sizeof(Header) + payload.size())};
        if (shape % 32 == 31) {
            header.size = input.take<uint32_t>();
        }
        if (shape % 16 == 15) {
            header.flags = input.take<uint8_t>();
        }
        const std::array fds{command == 2 ? machine.ram.fd() : machine.event.get(),
                             machine.event.get(), machine.event.get(), machine.ram.fd()};
        const size_t fd_count = command == 2 || command == 8 ? input.take<uint8_t>() % 4 : 0;
        Bytes whole = joined(bytes_of(header), payload);
        if (shape % 64 == 63) {
            whole.resize(input.take<uint8_t>() % whole.size() + 1);
        }
        machine.send(whole, std::span{fds}.first(fd_count));
        machine.run();
    }
    machine.vmm.reset();
    machine.loop.dispatch(Nanoseconds{0});
}
