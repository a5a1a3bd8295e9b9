// SPDX-License-Identifier: MIT
// A hostile guest's driver on an input device: configuration, both rings, resets, and users who
// type meanwhile.
#include <fcntl.h>
#include <linux/input-event-codes.h>

#include <array>
#include <cstring>

#include "core/byte_reader.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "harness.h"
#include "input/input_device.h"
#include "pci/virtio_function.h"
#include "support/guest_ram.h"

using namespace oriel;
using namespace oriel::test;
using pci::RegionIndex;

namespace {

constexpr uint32_t kNotify = 0x3000;

template <class T>
void write(pci::VirtioFunction& function, uint64_t offset, T value) {
    function.write(RegionIndex::kBar0, offset, bytes_of(value));
}

/// Both queues ready, as far as the device takes that: queue 0 at 0x1000, queue 1 at 0x5000.
void start(pci::VirtioFunction& function, uint16_t size) {
    write<uint8_t>(function, 0x14, 0);
    write<uint32_t>(function, 0x08, 1);
    write<uint32_t>(function, 0x0c, 1);
    write<uint8_t>(function, 0x14, 11);
    for (uint16_t queue = 0; queue < 2; ++queue) {
        const uint64_t at = 0x1000 + 0x4000 * uint64_t{queue};
        write<uint16_t>(function, 0x16, queue);
        write<uint16_t>(function, 0x18, size);
        write<uint64_t>(function, 0x20, at);
        write<uint64_t>(function, 0x28, at + 0x1000);
        write<uint64_t>(function, 0x30, at + 0x2000);
        write<uint16_t>(function, 0x1c, 1);
    }
    write<uint8_t>(function, 0x14, 15);
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    const ManualClock clock;
    EventLoop loop{clock};
    guest::GuestMemory memory;
    const GuestRam ram{0x10000};
    static_cast<void>(
        memory.map(0, ram.size(), UniqueFd{::fcntl(ram.fd(), F_DUPFD_CLOEXEC, 0)}, 0, true));
    input::InputDevice device{loop, static_cast<input::Kind>(input.take<uint8_t>() % 4)};
    pci::VirtioFunction function{{loop, memory, device, {.vendor = 0x1af4, .device = 0x1052}}};
    start(function, 64);
    while (!input.empty()) {
        const Turn turn;
        const auto what = input.take<uint8_t>();
        switch (what % 8) {
            case 0:
            case 1: {
                const uint64_t at = input.take<uint16_t>() & 0x7fffU;
                const auto bytes = input.take_bytes(input.take<uint8_t>() % 64);
                std::memcpy(ram.at(at, bytes.size()).data(), bytes.data(), bytes.size());
                write<uint16_t>(function, kNotify + 4 * (what >> 3 & 1U), 0);
                break;
            }
            case 2:
                start(function, static_cast<uint16_t>(1U << (what >> 3 & 7U)));
                break;
            case 3: {
                const uint64_t offset = input.take<uint16_t>() & 0x3fffU;
                const auto bytes = input.take_bytes(1 + input.take<uint8_t>() % 8);
                if (offset + bytes.size() <= 0x4000) {
                    function.write(RegionIndex::kBar0, offset, bytes);
                }
                break;
            }
            case 4: {
                write<uint16_t>(function, 0x2000, input.take<uint16_t>());
                std::array<std::byte, 160> config{};
                function.read(RegionIndex::kBar0, 0x2000, config);
                break;
            }
            default:
                for (int i = what >> 3; i >= 0; --i) {
                    device.event(input.take<input::Event>());
                }
                device.sync(clock.now());
                break;
        }
        loop.dispatch(Nanoseconds{0});
        if (device.waiting() > 2 * input::InputDevice::kMaxBacklog) {
            __builtin_trap();
        }
    }
}
