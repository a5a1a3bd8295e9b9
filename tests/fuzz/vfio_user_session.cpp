// SPDX-License-Identifier: MIT
// A VMM that sends anything: messages with files or without, whole or cut, to a card or to a device
// with an interrupt line. It may stay while the process that serves it ends and another one goes
// on, which gets what the first one has left, or not all of it.
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/byte_reader.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "harness.h"
#include "pci/display_function.h"
#include "session.h"
#include "session_peer.h"
#include "support/bytes.h"
#include "support/echo_device.h"
#include "support/fake_vga.h"
#include "support/fd_passing.h"
#include "support/guest_ram.h"
#include "support/kept_descriptors.h"
#include "vfio_user/attachment.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vfio_user;

namespace {

/// A service manager's.
class Store final : public KeptDescriptors {
public:
    /// What the next process gets: all, but for one that is `lost` (a number), or another file.
    InheritedDescriptors inherited(uint8_t lost, bool swapped) {
        uses.clear();
        InheritedDescriptors all;
        uint8_t number = 0;
        for (const auto& [name, fd] : kept) {
            if (number++ != lost) {
                all.add(name, duplicate(fd.get()));
            } else if (swapped) {
                all.add(name, duplicate(kept.rbegin()->second.get()));
            }
        }
        return all;
    }
};

/// What ends and starts anew.
struct ServingProcess {
    ServingProcess(EventLoop& loop, FakeVga& vga, Store& store, bool card)
        : attachment{"fuzz", store} {
        if (card) {
            function = std::make_unique<pci::DisplayFunction>(
                pci::DisplayFunction::Setup{loop, memory, device, vga, vga});
        } else {
            function = std::make_unique<pci::VirtioFunction>(pci::VirtioFunction::Setup{
                loop, memory, device, {.vendor = 0x1af4, .device = 0x1052}});
        }
    }

    guest::GuestMemory memory;
    EchoDevice device;
    std::unique_ptr<pci::VirtioFunction> function;
    Attachment attachment;
    std::optional<Session> session;
};

struct Machine final : SessionListener {
    explicit Machine(uint8_t options) : card{(options & 1) == 0}, keeps{(options & 2) == 0} {
        auto [ours, theirs] = connected_sockets();
        vmm = std::move(ours);
        process = std::make_unique<ServingProcess>(loop, vga, store, card);
        open_session(std::move(theirs));
    }

    void open_session(UniqueFd socket) {
        process->session.emplace(Server::Served{loop, *process->function, process->memory,
                                                keeps ? &process->attachment : nullptr},
                                 stats, log_limiter, std::move(socket), *this);
    }

    void session_attached() override {}
    void session_unmapped() override {
        process->memory.release_unused();
        if (process->attachment.kept()) {
            process->attachment.release_unused();
        }
    }
    void session_closed(const std::string&) override { closed = true; }

    void run() { run_session(loop, vmm.get()); }

    /// As a server does with a client that has gone.
    void end() {
        process->session.reset();
        if (process->attachment.kept()) {
            process->attachment.end();
        }
    }

    /// The process ends, of itself or because it was asked to, and another one takes its place.
    void next_process(FuzzInput& input) {
        const auto how = input.take<uint8_t>();
        const uint8_t lost = how % 4 == 3 ? input.take<uint8_t>() % 8 : 0xff;
        if (how % 8 == 4) {
            process->attachment.leave();
        }
        process.reset();
        process = std::make_unique<ServingProcess>(loop, vga, store, card);
        const auto inherited = store.inherited(lost, how >= 128);
        auto left = process->attachment.take(inherited, *process->function,
                                             loop.clock().now().time_since_epoch().count());
        closed = !left || !*left;
        if (!closed) {
            open_session(std::move((*left)->socket));
            closed = !process->session->resume(std::move(**left)).has_value();
        }
        store.forget_unused();
    }

    void send(std::span<const std::byte> bytes, std::span<const int> fds) const {
        static_cast<void>(test::send_with_fds(vmm.get(), bytes, fds));
    }

    ManualClock clock;
    EventLoop loop{clock};
    FakeVga vga;
    Stats stats;
    LogLimiter log_limiter;
    Store store;
    GuestRam ram{0x40000};
    UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    UniqueFd vmm;
    const bool card;
    const bool keeps;
    bool closed = false;
    std::unique_ptr<ServingProcess> process;
};

/// Flags of which the device takes most: one kind of data, one action.
uint32_t take_irq_flags(FuzzInput& input) {
    const auto choice = input.take<uint8_t>();
    return choice < 224 ? 1U << choice % 3U | kIrqSetActionMask << choice / 3U % 3U : choice;
}

Bytes take_version(FuzzInput& input) {
    const auto shape = input.take<uint8_t>();
    const Version version{.major = static_cast<uint16_t>(shape % 16 == 15 ? 1 : 0)};
    Bytes text;
    if (shape < 192) {
        constexpr std::string_view kText = R"({"capabilities":{"max_msg_fds":8}})";
        text = joined(std::as_bytes(std::span{kText}), bytes({0}));
        text.resize(text.size() - (shape % 8 == 7 ? 1 : 0));
    }
    // Room for a longer answer.
    text.insert(text.begin() + (text.empty() ? 0 : 1), shape < 64 ? 60 : 0, std::byte{' '});
    return joined(bytes_of(version), text);
}

/// Three times of four below the first one, else below the second.
uint32_t mostly(FuzzInput& input, uint32_t sensible, uint32_t most) {
    const uint32_t number = input.take<uint8_t>();
    return number < 192 ? number % sensible : number % most;
}

/// Those that do something come more often than those that are refused.
uint16_t take_command(uint8_t what) {
    constexpr std::array<uint8_t, 24> kCommands{2, 2, 2, 3, 3, 4, 5, 5,  7,  8,  8,  8,
                                                8, 8, 8, 9, 9, 9, 9, 10, 10, 10, 10, 13};
    return what < 192 ? kCommands.at(what % kCommands.size()) : what % 20;
}

/// A payload that is nearly right: the structure of the command with small numbers in its fields.
Bytes take_payload(FuzzInput& input, uint16_t command) {
    switch (static_cast<Command>(command)) {
        case Command::kVersion:
            return take_version(input);
        case Command::kDeviceGetInfo:
            return joined(bytes_of(DeviceInfo{.argsz = 16}),
                          input.take_bytes(input.take<uint8_t>() % 4));
        case Command::kDeviceGetRegionInfo:
            return joined(bytes_of(RegionInfo{.argsz = input.take<uint8_t>() % 64U,
                                              .index = input.take<uint8_t>() % 10U}),
                          {});
        case Command::kDeviceGetIrqInfo:
            return joined(bytes_of(IrqInfo{.argsz = 16, .index = input.take<uint8_t>() % 6U}), {});
        case Command::kDmaMap:
            return joined(bytes_of(DmaMap{.argsz = 32,
                                          .flags = mostly(input, 4, 8),
                                          .offset = uint64_t{mostly(input, 32, 256)} << 12U,
                                          .address = uint64_t{mostly(input, 32, 256)} << 12U,
                                          .size = uint64_t{mostly(input, 32, 256)} << 12U}),
                          {});
        case Command::kDmaUnmap:
            return joined(bytes_of(DmaUnmap{.argsz = 24,
                                            .flags = mostly(input, 1, 4),
                                            .address = uint64_t{mostly(input, 32, 256)} << 12U,
                                            .size = uint64_t{mostly(input, 32, 256)} << 12U}),
                          {});
        case Command::kDeviceSetIrqs: {
            const IrqSet set{.argsz = 20,
                             .flags = take_irq_flags(input),
                             .index = mostly(input, 2, 6) * (input.take<uint8_t>() % 2 + 1U),
                             .start = mostly(input, 1, 5),
                             .count = mostly(input, 2, 5)};
            const bool flags = (set.flags & kIrqSetDataBool) != 0;
            return joined(bytes_of(set), input.take_bytes(flags ? set.count : 0));
        }
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

/// How many files go along: mostly as many as the command wants.
size_t take_file_count(FuzzInput& input, uint16_t command, std::span<const std::byte> payload) {
    const auto choice = input.take<uint8_t>();
    if (choice >= 240) {
        return choice % 5U;
    }
    if (command == static_cast<uint16_t>(Command::kDmaMap)) {
        return choice % 8 == 7 ? 0 : 1;
    }
    const auto set = ByteReader{payload}.read<IrqSet>();
    const bool eventfds = command == static_cast<uint16_t>(Command::kDeviceSetIrqs) && set &&
                          (set->flags & kIrqSetDataMask) == kIrqSetDataEventfd;
    return eventfds && choice % 4 != 3 ? set->count : 0;
}

void send_message(FuzzInput& input, Machine& machine, uint16_t command) {
    const auto shape = input.take<uint8_t>();
    const Bytes payload = take_payload(input, command);
    Header header{.command = command,
                  .size = static_cast<uint32_t>(sizeof(Header) + payload.size())};
    if (shape % 128 == 127) {
        header.size = input.take<uint32_t>();
    }
    if (shape % 64 == 62) {
        header.flags = input.take<uint8_t>();
    }
    const int first = command == 2 ? machine.ram.fd() : machine.event.get();
    const std::array fds{first, machine.event.get(), machine.event.get(), machine.ram.fd()};
    const size_t count = take_file_count(input, command, payload);
    Bytes whole = joined(bytes_of(header), payload);
    if (shape % 128 == 125) {
        whole.resize(input.take<uint8_t>() % whole.size() + 1);
    }
    machine.send(whole, std::span{fds}.first(count));
    machine.run();
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    Machine machine{input.take<uint8_t>()};
    // Nothing is answered before the version.
    send_message(input, machine, static_cast<uint16_t>(Command::kVersion));
    while (!input.empty() && !machine.closed) {
        const auto what = input.take<uint8_t>();
        if (what < 224) {
            send_message(input, machine, take_command(what));
        } else if (what < 240) {
            // KVM's way to say that the guest is done with its interrupt.
            const uint64_t one = 1;
            static_cast<void>(::write(machine.event.get(), &one, sizeof one) == sizeof one);
            machine.run();
        } else {
            machine.next_process(input);
        }
    }
    machine.vmm.reset();
    machine.loop.dispatch(Nanoseconds{0});
    machine.end();
}
