// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "core/byte_reader.h"
#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "pci/function.h"
#include "vfio_user/protocol.h"

namespace oriel::test {

/// The server answered a command with an errno that the caller didn't expect.
class ErrorReply : public std::runtime_error {
public:
    ErrorReply(const std::string& text, int error) : std::runtime_error{text}, error_{error} {}
    [[nodiscard]] int error() const { return error_; }

private:
    int error_;
};

/// The VMM's end of vfio-user. With an event loop it runs the server that is in the same process;
/// without, it waits for a server in another one. Whatever goes wrong throws with a line that says
/// what; nothing waits for ever.
class VfioUserClient {
public:
    /// Connects to a server in this process; `loop` is lent and must outlive the client.
    VfioUserClient(EventLoop& loop, const std::string& path);
    /// Connects to a server in another process.
    explicit VfioUserClient(const std::string& path);

    struct Reply {
        vfio_user::Header header;
        std::vector<std::byte> payload;
        std::vector<UniqueFd> fds;

        [[nodiscard]] int error() const {
            return (header.flags & vfio_user::kFlagError) != 0 ? static_cast<int>(header.error) : 0;
        }
        /// The structure that the payload starts with.
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

    /// Sends a command and returns its reply, also if that is an error.
    Reply call(vfio_user::Command command, std::span<const std::byte> payload = {},
               std::span<const int> fds = {});
    /// The same, but an error reply throws ErrorReply.
    Reply expect(vfio_user::Command command, std::span<const std::byte> payload = {},
                 std::span<const int> fds = {});
    /// Sends a command without waiting; returns its id.
    uint16_t send(vfio_user::Command command, std::span<const std::byte> payload = {},
                  std::span<const int> fds = {}, uint32_t flags = 0);
    /// Sends bytes as they are.
    void send_raw(std::span<const std::byte> bytes, std::span<const int> fds = {});
    /// The next message from the server, after at most `patience`; nothing if none came.
    std::optional<Reply> receive(std::chrono::milliseconds patience = std::chrono::seconds{5});
    /// The server has closed the connection (waits a little for that).
    [[nodiscard]] bool closed_by_server();
    void disconnect() { socket_.reset(); }
    [[nodiscard]] int fd() const { return socket_.get(); }

    // --- what a VMM does

    /// Says the version as QEMU 11 does.
    void negotiate();
    vfio_user::DeviceInfo device_info();
    struct RegionReply {
        vfio_user::RegionInfo info;
        UniqueFd memory;  // valid if the region can be mapped
    };
    RegionReply region_info(pci::RegionIndex index);
    vfio_user::IrqInfo irq_info(uint32_t index);
    /// `fd` -1: a range without a file.
    void dma_map(uint64_t address, uint64_t size, int fd, uint64_t offset = 0,
                 uint32_t flags = vfio_user::kDmaRead | vfio_user::kDmaWrite);
    /// Returns how many bytes the server says it took away.
    uint64_t dma_unmap(uint64_t address, uint64_t size, uint32_t flags = 0);
    void reset_device();
    /// Gives vectors start … their eventfds; without any, takes `count` away.
    void set_msix(uint32_t start, std::span<const int> eventfds);
    void release_msix(uint32_t start, uint32_t count);
    void disable_msix();

    void read_region(pci::RegionIndex region, uint64_t offset, std::span<std::byte> bytes);
    void write_region(pci::RegionIndex region, uint64_t offset, std::span<const std::byte> bytes);
    template <class T>
    [[nodiscard]] T read(pci::RegionIndex region, uint64_t offset) {
        static_assert(std::is_trivially_copyable_v<T>);
        T value{};
        read_region(region, offset, std::as_writable_bytes(std::span{&value, 1}));
        return value;
    }
    template <class T>
    void write(pci::RegionIndex region, uint64_t offset, T value) {
        write_region(region, offset, bytes_of(value));
    }

    // --- time

    /// Lets the server run until `done`. False if that doesn't happen: nothing is left to do in
    /// this process, or `patience` has passed.
    bool run_until(const std::function<bool()>& done,
                   std::chrono::milliseconds patience = std::chrono::seconds{5});
    /// Lets the server run as long as it has something to do.
    void settle();

private:
    [[nodiscard]] bool take_bytes();
    [[nodiscard]] std::optional<Reply> take_reply();

    EventLoop* loop_ = nullptr;  // null: the server is another process
    UniqueFd socket_;
    uint16_t next_id_ = 0;
    bool eof_ = false;
    std::vector<std::byte> received_;
    std::vector<UniqueFd> received_fds_;
};

}  // namespace oriel::test
