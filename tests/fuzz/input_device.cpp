// SPDX-License-Identifier: MIT
// A hostile guest's driver on an input device: configuration, both rings, well made and damaged,
// resets, and users who type meanwhile.
#include <fcntl.h>
#include <linux/input-event-codes.h>

#include <array>
#include <chrono>
#include <cstring>

#include "core/byte_reader.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "harness.h"
#include "input/input_device.h"
#include "pci/virtio_function.h"
#include "support/driver_queue.h"
#include "support/guest_ram.h"

using namespace oriel;
using namespace oriel::test;
using pci::RegionIndex;

namespace {

constexpr uint32_t kNotify = 0x3000;
constexpr uint64_t kRingsBytes = 0x3000;
/// Where well-made buffers are, behind both queues' rings.
constexpr uint64_t kBuffers = 0x9000;
/// A VM's clock goes on, but not so far that a line of the log may come again.
constexpr int kMostLeaps = 3;

/// The rings of queue 0 and 1: descriptors, available ring and used ring, 4 KiB each.
constexpr uint64_t ring_at(uint16_t queue) {
    return 0x1000 + 0x4000 * uint64_t{queue};
}

/// One that the kinds of devices have in part.
input::Event take_event(FuzzInput& input) {
    struct Codes {
        uint16_t type;
        uint16_t first;
        uint16_t count;
    };
    constexpr std::array<Codes, 6> kCodes{{{EV_KEY, 1, 255},
                                           {EV_KEY, BTN_LEFT, 8},
                                           {EV_KEY, BTN_TOUCH, 1},
                                           {EV_REL, REL_X, 13},
                                           {EV_ABS, ABS_X, 2},
                                           {EV_ABS, ABS_MT_SLOT, 16}}};
    const auto choice = input.take<uint8_t>();
    if (choice % 8 >= kCodes.size()) {
        return input.take<input::Event>();
    }
    const Codes& codes = kCodes.at(choice % 8);
    return {codes.type, static_cast<uint16_t>(codes.first + input.take<uint8_t>() % codes.count),
            choice >= 224 ? input.take<int32_t>() : input.take<int8_t>()};
}

struct Machine {
    explicit Machine(FuzzInput& input)
        : options{input.take<uint8_t>()},
          device{loop, static_cast<input::Kind>(options % 4)},
          function{{loop, memory, device, {.vendor = 0x1af4, .device = 0x1052}}} {
        static_cast<void>(
            memory.map(0, ram.size(), UniqueFd{::fcntl(ram.fd(), F_DUPFD_CLOEXEC, 0)}, 0, true));
        start(64);
    }

    template <class T>
    void write(uint64_t offset, T value) {
        function.write(RegionIndex::kBar0, offset, bytes_of(value));
    }
    /// Both queues ready, as far as the device takes that.
    void start(uint16_t size);
    /// A buffer at the end of a queue's available ring.
    void publish(uint16_t queue, uint64_t address, uint32_t length, uint16_t flags) {
        const auto slot = static_cast<uint16_t>(published.at(queue)++ % ring_size);
        ram.store(ring_at(queue) + uint64_t{16} * slot,
                  DriverQueue::Descriptor{address, length, flags, 0});
        ram.store(ring_at(queue) + 0x1000 + 4 + uint64_t{2} * slot, slot);
        ram.store(ring_at(queue) + 0x1000 + 2, published.at(queue));
    }
    /// The driver has given all its buffers away.
    [[nodiscard]] bool full(uint16_t queue) const {
        const auto used = ram.load<uint16_t>(ring_at(queue) + 0x2000 + 2);
        return static_cast<uint16_t>(published.at(queue) - used) >= ring_size;
    }
    void kick(uint16_t queue) { write<uint16_t>(kNotify + 4U * queue, queue); }
    void offer_room(FuzzInput& input);
    void send_status(FuzzInput& input);
    void damage(FuzzInput& input);
    void write_register(FuzzInput& input);
    void read_config(FuzzInput& input);
    void type(FuzzInput& input);
    void reset_queue(FuzzInput& input);
    void look(FuzzInput& input);
    void step(FuzzInput& input);

    uint8_t options;
    ManualClock clock;
    EventLoop loop{clock};
    guest::GuestMemory memory;
    GuestRam ram{0x10000};
    input::InputDevice device;
    pci::VirtioFunction function;
    uint16_t ring_size = 64;
    std::array<uint16_t, 2> published{};
    int leaps = 0;
};

void Machine::start(uint16_t size) {
    // What is in the rings' memory stays there, but for the indices.
    ring_size = size;
    published = {};
    write<uint8_t>(0x14, 0);
    write<uint32_t>(0x08, 0);
    write<uint32_t>(0x0c, (options & 4U) << 26U | (options & 8U) << 26U);  // indirect, event index
    write<uint32_t>(0x08, 1);
    write<uint32_t>(0x0c, 1U | (options & 16U) << 4U);  // version 1, reset of a queue
    write<uint8_t>(0x14, 11);
    for (uint16_t queue = 0; queue < 2; ++queue) {
        const uint64_t at = ring_at(queue);
        std::memset(ram.at(at + 0x1000, kRingsBytes - 0x1000).data(), 0, kRingsBytes - 0x1000);
        write<uint16_t>(0x16, queue);
        write<uint16_t>(0x18, size);
        write<uint64_t>(0x20, at);
        write<uint64_t>(0x28, at + 0x1000);
        write<uint64_t>(0x30, at + 0x2000);
        write<uint16_t>(0x1c, 1);
    }
    write<uint8_t>(0x14, 15);
}

/// Mostly as large as an event is.
void Machine::offer_room(FuzzInput& input) {
    const auto count = input.take<uint8_t>() % 65U;
    const auto shape = input.take<uint8_t>();
    // A driver that reads all that waits.
    for (int rounds = shape % 8 == 7 ? 40 : 1; rounds > 0; --rounds) {
        for (uint32_t i = 0; i < count && (shape >= 250 || !full(0)); ++i) {
            const bool odd = shape >= 128 && i == shape % 32U;
            publish(0, kBuffers + uint64_t{i} * 8, odd ? shape % 16U : 8U,
                    odd && shape % 2 == 0 ? 0 : DriverQueue::kWrite);
        }
        kick(0);
        loop.dispatch(Nanoseconds{0});
    }
}

void Machine::send_status(FuzzInput& input) {
    const auto count = input.take<uint8_t>() % 65U;
    const auto event = input.take<uint8_t>() % 4 == 0
                           ? take_event(input)
                           : input::Event{EV_LED, static_cast<uint16_t>(input.take<uint8_t>() % 17),
                                          input.take<uint8_t>() % 2};
    const auto length = input.take<uint8_t>();
    ram.store(kBuffers + 0x2000, event);
    for (uint32_t i = 0; i < count && (length == 255 || !full(1)); ++i) {
        publish(1, kBuffers + 0x2000, length < 224 ? 8U : length % 16U,
                length % 32 == 31 ? DriverQueue::kWrite : uint16_t{0});
    }
    kick(1);
}

void Machine::damage(FuzzInput& input) {
    const uint64_t at = input.take<uint16_t>() & 0x7fffU;
    const auto bytes = input.take_bytes(input.take<uint8_t>() % 64);
    std::memcpy(ram.at(at, bytes.size()).data(), bytes.data(), bytes.size());
    kick(input.take<uint8_t>() % 2);
}

void Machine::write_register(FuzzInput& input) {
    const uint64_t offset = input.take<uint16_t>() & 0x3fffU;
    const auto bytes = input.take_bytes(1 + input.take<uint8_t>() % 8);
    if (offset + bytes.size() <= 0x4000) {
        function.write(RegionIndex::kBar0, offset, bytes);
    }
}

void Machine::read_config(FuzzInput& input) {
    const auto wanted = input.take<uint16_t>();
    if (wanted >= 0x8000) {
        write<uint16_t>(0x2000, wanted & 0x1f1fU);
    } else {
        write<uint8_t>(0x2000, static_cast<uint8_t>(wanted));
        write<uint8_t>(0x2001, static_cast<uint8_t>(wanted >> 8U));
    }
    std::array<std::byte, 160> config{};
    function.read(RegionIndex::kBar0, 0x2000, config);
}

/// A key goes down and up, an axis moves, so often that a guest that sleeps can't get all of it.
void Machine::type(FuzzInput& input) {
    const auto times = input.take<uint8_t>();
    const std::array events{take_event(input), take_event(input)};
    for (int i = times < 128 ? 0 : 2 * times; i >= 0; --i) {
        for (input::Event event : events) {
            event.value = event.type == EV_KEY ? (event.value ^ i) & 1 : event.value ^ (i % 2);
            device.event(event);
        }
        if (times % 4 != 3) {
            device.sync(clock.now());
        }
    }
}

/// VIRTIO_F_RING_RESET.
void Machine::reset_queue(FuzzInput& input) {
    write<uint16_t>(0x16, input.take<uint8_t>() % 2);
    write<uint16_t>(0x3a, 1);
}

/// What a router asks for.
void Machine::look(FuzzInput& input) {
    if (input.take<uint8_t>() % 2 == 0 && leaps < kMostLeaps) {
        ++leaps;
        clock.advance(std::chrono::seconds{2});
    }
    static_cast<void>(device.hearing());
    static_cast<void>(device.life());
    static_cast<void>(device.stats());
}

void Machine::step(FuzzInput& input) {
    switch (input.take<uint8_t>() % 16) {
        case 0:
            return damage(input);
        case 1:
            return start(static_cast<uint16_t>(1U << (input.take<uint8_t>() % 7U)));
        case 2:
            return write_register(input);
        case 3:
            return read_config(input);
        case 4:
            return look(input);
        case 5:
            return reset_queue(input);
        case 6:
        case 7:
            return send_status(input);
        case 8:
        case 9:
        case 10:
            return offer_room(input);
        default:
            return type(input);
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    Machine machine{input};
    while (!input.empty()) {
        const Turn turn;
        machine.step(input);
        machine.loop.dispatch(Nanoseconds{0});
        if (machine.device.waiting() > 2 * input::InputDevice::kMaxBacklog) {
            __builtin_trap();
        }
    }
}
