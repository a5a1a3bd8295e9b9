// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/byte_reader.h"
#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "support/driver_queue.h"
#include "support/guest_ram.h"
#include "vhost_user/protocol.h"

namespace oriel::test {

/// The VMM's end of vhost-user, with the server in the same process: messages as they are, and what
/// a VMM does with them in the order in which it does it. Whatever goes wrong throws with a line
/// that says what.
///
///     GuestRam ram{64 << 20};
///     VhostFrontEnd vmm{loop, path, ram, VhostFrontEnd::Style::kCrosvm};
///     vmm.realize();
///     vmm.start();
class VhostFrontEnd {
public:
    enum class Style : uint8_t {
        /// vhost-user-gpu-pci of QEMU 7.2: SET_MEM_TABLE, replies for few messages, no
        /// RESET_DEVICE,
        /// GPU_SET_SOCKET at every start.
        kQemu7,
        /// vhost-user-test-device-pci of QEMU 11: memory slots, replies for nearly everything,
        /// RESET_DEVICE, several times, the status; 0 to it also for a pause.
        kQemu11,
        /// crosvm's front end (devices/src/virtio/vhost_user_frontend): never asks for a reply, its
        /// rings enabled one by one, no RESET_DEVICE.
        kCrosvm,
        /// Cloud Hypervisor's generic vhost-user device (virtio-devices/src/vhost_user): asks for
        /// an
        /// answer to everything, knows no feature of any device's own, keeps what is in flight.
        kCloudHypervisor,
    };

    /// Where the front end has the guest's memory: rings are named by such addresses.
    static constexpr uint64_t kUserBase = 0x7f12'3450'0000;

    /// Connects. Loop and RAM are lent and must outlive this.
    VhostFrontEnd(EventLoop& loop, const std::string& path, GuestRam& ram, Style style);

    struct Reply {
        vhost_user::Header header;
        std::vector<std::byte> payload;
        UniqueFd fd;  ///< that came with it

        template <class T>
        [[nodiscard]] T as() const {
            const auto value = ByteReader{payload}.read<T>();
            if (!value) {
                throw std::runtime_error{"a reply is too short"};
            }
            return *value;
        }
    };

    // --- messages

    void send_raw(std::span<const std::byte> bytes, std::span<const int> fds = {});
    void send(vhost_user::Command command, std::span<const std::byte> payload = {},
              std::span<const int> fds = {}, uint32_t flags = 0);
    /// Sends, and waits for the answer.
    Reply call(vhost_user::Command command, std::span<const std::byte> payload = {},
               std::span<const int> fds = {}, uint32_t flags = 0);
    /// With NEED_REPLY: what the server says of the message, 0 for success.
    uint64_t acknowledged(vhost_user::Command command, std::span<const std::byte> payload = {},
                          std::span<const int> fds = {});
    uint64_t number(vhost_user::Command command) { return call(command).as<uint64_t>(); }
    std::optional<Reply> receive();
    [[nodiscard]] bool closed_by_server();
    void disconnect() { socket_.reset(); }
    /// Again: nothing was said yet.
    void connect(const std::string& path);
    /// Lets the server run as long as it has something to do.
    void settle();
    bool run_until(const std::function<bool()>& done);

    // --- what a VMM does

    /// When the device is plugged in: up to SET_VRING_CALL and ERR.
    void realize();
    /// The guest's driver is ready: features, memory, rings. Rings that were stopped go on where
    /// they stopped.
    void start();
    /// The machine is paused: rings are disabled and stopped.
    void stop();
    /// The guest's driver resets the device, or the guest reboots: rings begin anew at next start.
    void reset_driver();

    /// A migration begins, or ends: the log is shared, and rings are told to be logged.
    void log_writes(int file, uint64_t size);
    void stop_log();
    /// Before start(): asks for memory for what is in flight. Returns its file, and sets `area`.
    UniqueFd make_in_flight(vhost_user::InFlightArea& area);
    /// Rings begin there, as a front end that comes back to its device has them.
    void go_on_from(const VhostFrontEnd& before);

    void read_config(uint32_t offset, std::span<std::byte> bytes);
    void write_config(uint32_t offset, std::span<const std::byte> bytes);
    void kick(uint16_t queue) const;
    /// How often the queue's call was signalled since the last call.
    [[nodiscard]] uint64_t take_calls(uint16_t queue) const;
    /// The same of its error.
    [[nodiscard]] uint64_t take_errors(uint16_t queue) const;
    /// Changes of the configuration that the server has told of since the last call.
    [[nodiscard]] size_t take_config_changes();

    [[nodiscard]] DriverQueue& queue(uint16_t index) { return *rings_.at(index).queue; }
    [[nodiscard]] uint64_t features() const { return features_; }
    [[nodiscard]] static uint64_t user_address(uint64_t guest) { return kUserBase + guest; }
    [[nodiscard]] vhost_user::MemoryRegion region() const;
    [[nodiscard]] vhost_user::VringAddresses addresses(uint16_t index) const;

private:
    struct Ring {
        std::unique_ptr<DriverQueue> queue;
        uint16_t base = 0;
        UniqueFd kick;
        UniqueFd call;
        UniqueFd error;
    };

    /// As this style's VMM sends it.
    void say(vhost_user::Command command, std::span<const std::byte> payload = {},
             std::span<const int> fds = {}, bool replied_by_qemu7 = false);
    void say_state(vhost_user::Command command, uint32_t index, uint32_t number);
    void say_fd(vhost_user::Command command, uint32_t index, int fd);
    void send_memory();
    void make_ring(uint16_t index);
    void send_ring(uint16_t index);
    void make_eventfds();
    void open_channel();
    void enable_rings(uint32_t on);
    void stop_rings();
    void realize_cloud_hypervisor();
    void start_cloud_hypervisor();
    /// As Cloud Hypervisor asks: with NEED_REPLY.
    void demand(vhost_user::Command command, std::span<const std::byte> payload,
                std::span<const int> fds = {});
    void add_status(uint64_t bits);
    [[nodiscard]] uint64_t driver_features() const;

    EventLoop& loop_;
    GuestRam& ram_;
    const Style style_;
    UniqueFd socket_;
    bool eof_ = false;
    std::vector<std::byte> received_;
    uint64_t features_ = 0;
    std::array<Ring, 2> rings_;
    UniqueFd channel_;
    UniqueFd gpu_socket_;
    UniqueFd received_fd_;
    bool memory_sent_ = false;
    // Cloud Hypervisor's.
    bool paused_ = false;
    vhost_user::InFlightArea in_flight_;
    UniqueFd in_flight_file_;
};

}  // namespace oriel::test
