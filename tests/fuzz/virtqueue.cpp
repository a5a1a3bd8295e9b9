// SPDX-License-Identifier: MIT
// A guest's rings and descriptors, all of them hostile.
#include <fcntl.h>

#include <algorithm>
#include <cassert>
#include <vector>

#include "guest/guest_memory.h"
#include "harness.h"
#include "support/driver_queue.h"
#include "support/guest_ram.h"
#include "virtio/virtqueue.h"

using namespace oriel;
using namespace oriel::test;

namespace {

constexpr size_t kRam = 0x40000;

DriverQueue::Descriptor take_descriptor(FuzzInput& input) {
    // Addresses near the RAM's ends and inside, so that not all of them are just wrong.
    const auto kind = input.take<uint8_t>();
    const auto low = input.take<uint16_t>();
    uint64_t address = low;
    if (kind % 4 == 1) {
        address = kRam - low % 64;
    } else if (kind % 4 == 2) {
        address = UINT64_MAX - low;
    }
    const auto length = kind % 16 == 15 ? input.take<uint32_t>() : input.take<uint8_t>() * 16U;
    return {address, length, static_cast<uint16_t>(input.take<uint8_t>() & 7),
            static_cast<uint16_t>(input.take<uint8_t>() % 40)};
}

void check_chain(const virtio::Chain& chain) {
    uint64_t bytes = 0;
    for (const auto& piece : chain.readable) {
        bytes += piece.length;
    }
    assert(bytes == chain.readable_bytes);
    assert(chain.readable_bytes + chain.writable_bytes <= virtio::kMaxChainBytes);
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    GuestRam ram{kRam};
    guest::GuestMemory memory;
    static_cast<void>(
        memory.map(0, kRam, UniqueFd{::fcntl(ram.fd(), F_DUPFD_CLOEXEC, 0)}, 0, true));
    const auto options = input.take<uint8_t>();
    constexpr uint16_t queue_size = 32;
    DriverQueue driver{ram, {.size = queue_size, .event_index = (options & 1) != 0}};
    virtio::Virtqueue queue{memory};
    static_cast<void>(queue.start({.size = queue_size,
                                   .descriptors = driver.descriptors(),
                                   .driver = driver.available_ring(),
                                   .device = driver.used_ring(),
                                   .event_index = (options & 1) != 0,
                                   .indirect = (options & 2) != 0}));
    virtio::Chain chain;
    std::vector<std::byte> request;
    while (!input.empty() && queue.running()) {
        const Turn turn;
        switch (input.take<uint8_t>() % 6) {
            case 0:
                driver.publish(static_cast<uint16_t>(input.take<uint8_t>() % 40));
                break;
            case 1:
                driver.set_available_index(input.take<uint16_t>());
                break;
            case 2: {
                // An indirect table, where descriptor addresses often point.
                const uint64_t at = input.take<uint16_t>();
                ram.store(at & ~uint64_t{15}, take_descriptor(input));
                break;
            }
            case 3:
            case 4:
                driver.write_descriptor(static_cast<uint16_t>(input.take<uint8_t>() % queue_size),
                                        take_descriptor(input));
                break;
            default:
                if (queue.pop(chain) == virtio::Virtqueue::Pop::kChain) {
                    check_chain(chain);
                    request.resize(std::min<uint64_t>(chain.readable_bytes, 4096));
                    static_cast<void>(queue.read(chain, 0, request));
                    queue.complete(chain, request);
                    static_cast<void>(queue.take_interrupt());
                }
        }
    }
}
