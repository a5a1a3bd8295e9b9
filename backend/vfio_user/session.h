// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client_interrupts.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "guest/guest_memory.h"
#include "message.h"
#include "net/client_place.h"
#include "net/message_connection.h"
#include "pci/function.h"
#include "vfio_user/attachment.h"
#include "vfio_user/server.h"
#include "vfio_user/session_listener.h"

namespace oriel::vfio_user {

/// One client of a server: answers its messages, in order.
class Session final : public PlacedClient, private MessageListener {
public:
    /// All but the socket are lent and must outlive the session. `log_limiter` is the server's: who
    /// connects again and again gets no more lines by it.
    Session(const Server::Served& parts, Stats& stats, LogLimiter& log_limiter, UniqueFd socket,
            SessionListener& listener);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    /// Takes back what the function was lent.
    ~Session() override;

    /// Goes on with what an earlier process has left on the socket. The error is one line.
    [[nodiscard]] Result<void> resume(Attachment::Left left);

    /// The client has said its version.
    [[nodiscard]] bool attached() const override { return attached_; }
    /// It has also done something with the device, as only a VMM does: mapped memory, written to a
    /// register, asked for interrupts or a reset. Whoever only looks has not.
    [[nodiscard]] bool device_used() const override { return device_used_; }
    [[nodiscard]] bool closed() const override { return closed_; }
    /// Lent.
    [[nodiscard]] int socket() const override { return connection_.fd(); }

private:
    // MessageListener
    void message_came(ReceivedMessage& message) override;
    void stream_broken(std::span<const std::byte> header) override;
    void connection_closed(const std::string& reason) override { close(reason); }

    void close(const std::string& reason);
    void begin_attachment();
    void keep();
    void keep_interrupts();

    void on(const VersionRequest& request);
    void on(const DmaMap& request);
    void on(const DmaUnmap& request);
    void on(const DeviceInfoRequest& request);
    void on(const RegionInfo& request);
    void on(const IrqInfo& request);
    void on(const SetIrqsRequest& request);
    void on(const RegionReadRequest& request);
    void on(const RegionWriteRequest& request);
    void on(const ResetRequest& request);

    [[nodiscard]] bool access_allowed(const RegionAccess& access, bool write) const;

    void reply(std::span<const std::byte> payload = {}, int fd = -1);
    void reply_error(int error);
    void send_reply(int fd);

    EventLoop& loop_;
    pci::Function& function_;
    guest::GuestMemory& memory_;
    Stats& stats_;
    LogLimiter& log_limiter_;
    SessionListener& listener_;
    Attachment* const attachment_;  // null: nothing is kept
    MessageConnection connection_;
    ClientInterrupts interrupts_;

    bool attached_ = false;
    bool device_used_ = false;
    bool closed_ = false;
    // The message at hand.
    Header header_;
    std::vector<UniqueFd> fds_;
    std::vector<std::byte> reply_;
};

}  // namespace oriel::vfio_user
