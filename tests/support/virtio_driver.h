// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "support/driver_queue.h"
#include "support/guest_ram.h"
#include "support/pci_probe.h"
#include "support/vfio_user_client.h"
#include "virtio/device.h"
#include "virtio/pci_registers.h"

namespace oriel::test {

/// A modern virtio PCI driver on the VMM's end of vfio-user: what Linux' virtio_pci does.
///
///     VfioUserClient vmm{loop, path};   vmm.negotiate();
///     GuestRam ram{64 << 20};           vmm.dma_map(0, ram.size(), ram.fd());
///     VirtioDriver driver{vmm, ram};    driver.start();
///     std::vector<std::byte> answer = driver.request(0, command, 24);
class VirtioDriver {
public:
    /// `client` and `ram` are lent and must outlive the driver. The client has negotiated, the RAM
    /// is mapped. Probes the function and resets the device.
    VirtioDriver(VfioUserClient& client, GuestRam& ram);

    struct Options {
        /// Of the device's features those that this driver takes; the ring's are below.
        uint64_t features = ~uint64_t{0};
        bool event_index = true;
        bool indirect = true;
        bool msix = true;
        /// Queue sizes; 0: the device's maximum.
        uint16_t queue_size = 0;
    };
    /// From reset to DRIVER_OK: features, MSI-X (vector 0 for the configuration, n + 1 for queue n)
    /// and all queues.
    void start(const Options& options);
    void start() { start(Options{}); }

    // --- the same in steps

    void reset();
    /// Up to FEATURES_OK; returns what was agreed on. Throws if the device refuses.
    uint64_t negotiate(const Options& options);
    void set_up_msix();
    void set_up_queue(uint16_t index, uint16_t size = 0);
    void driver_ok();

    // --- requests

    /// A request under way.
    struct Ticket {
        uint16_t queue = 0;
        uint16_t head = 0;
        uint64_t serial = 0;
    };
    /// Copies `out` to guest RAM, publishes it with room for `in_length` bytes of answer, and kicks
    /// if the device wants that.
    Ticket submit(uint16_t queue, std::span<const std::byte> out, uint32_t in_length);
    /// The answer (as many bytes as the device wrote), once it is there.
    [[nodiscard]] std::optional<std::vector<std::byte>> poll(const Ticket& ticket);
    /// Lets the device run until the answer is there; throws if it never comes.
    std::vector<std::byte> wait(const Ticket& ticket,
                                std::chrono::milliseconds patience = std::chrono::seconds{5});
    std::vector<std::byte> request(uint16_t queue, std::span<const std::byte> out,
                                   uint32_t in_length) {
        return wait(submit(queue, out, in_length));
    }
    /// With false, submit() only publishes: several requests for one kick().
    void kick_on_submit(bool kick) { kick_on_submit_ = kick; }
    void kick(uint16_t queue);

    // --- registers

    [[nodiscard]] uint8_t status();
    [[nodiscard]] bool needs_reset() { return (status() & virtio::kStatusNeedsReset) != 0; }
    [[nodiscard]] uint8_t isr();
    template <class T>
    [[nodiscard]] T read_common(uint32_t field) {
        return client_.read<T>(probe_.common.bar, probe_.common.offset + field);
    }
    template <class T>
    void write_common(uint32_t field, T value) {
        client_.write<T>(probe_.common.bar, probe_.common.offset + field, value);
    }
    template <class T>
    [[nodiscard]] T read_config(uint32_t offset) {
        return client_.read<T>(probe_.config.bar, probe_.config.offset + offset);
    }
    template <class T>
    void write_config(uint32_t offset, T value) {
        client_.write<T>(probe_.config.bar, probe_.config.offset + offset, value);
    }

    // --- interrupts

    /// How often the vector was raised since the last call (eventfds add up).
    [[nodiscard]] uint64_t take_interrupts(uint32_t vector);
    /// Lets the device run until the vector is raised.
    bool wait_interrupt(uint32_t vector,
                        std::chrono::milliseconds patience = std::chrono::seconds{5});
    /// The eventfd of a vector; -1 without MSI-X.
    [[nodiscard]] int eventfd(uint32_t vector) const;

    [[nodiscard]] DriverQueue& queue(uint16_t index) { return *queues_.at(index).ring; }
    [[nodiscard]] const PciProbe& probe() const { return probe_; }
    [[nodiscard]] uint64_t features() const { return features_; }
    [[nodiscard]] VfioUserClient& client() { return client_; }
    [[nodiscard]] GuestRam& ram() { return ram_; }

private:
    /// Buffers of a request; kept for the next one with the same head.
    struct Slot {
        DriverQueue::Buffer out;
        DriverQueue::Buffer in;
    };
    struct Pending {
        uint64_t serial = 0;
        Slot slot;
    };
    struct Queue {
        std::unique_ptr<DriverQueue> ring;
        uint32_t notify_offset = 0;
        std::vector<Slot> spare;
        std::map<uint16_t, Pending> pending;                 // by head
        std::map<uint64_t, std::vector<std::byte>> answers;  // by serial, not yet asked for
    };

    [[nodiscard]] Slot take_slot(Queue& queue, size_t out, size_t in);
    void collect(Queue& queue);

    VfioUserClient& client_;
    GuestRam& ram_;
    PciProbe probe_;
    uint64_t features_ = 0;
    std::map<uint16_t, Queue> queues_;
    std::vector<UniqueFd> eventfds_;
    uint64_t next_serial_ = 1;
    bool kick_on_submit_ = true;
    bool msix_ = false;
};

}  // namespace oriel::test
