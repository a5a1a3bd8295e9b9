// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "channel.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "guest/guest_memory.h"
#include "message.h"
#include "msix.h"
#include "pci/function.h"
#include "vfio_user/server.h"

namespace oriel::vfio_user {

/// One client of a server: answers its messages, in order, one a turn of the event loop, so that
/// what a message sets off (a kick) is done before the next one is looked at.
class Session {
public:
    struct Events {
        std::function<void()> attached;
        /// The client has taken memory away; files may be unused now.
        std::function<void()> unmapped;
        /// The session is over; `reason` completes "the VMM …". Must not destroy the session.
        std::function<void(const std::string& reason)> closed;
    };

    /// `parts` and `stats` are lent and must outlive the session.
    Session(const Server::Parts& parts, Stats& stats, UniqueFd socket, Events events);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    /// Takes back what the function was lent.
    ~Session();

    /// The client has said its version.
    [[nodiscard]] bool attached() const { return attached_; }
    [[nodiscard]] bool closed() const { return closed_; }

private:
    void ready(FdEvents events);
    void receive();
    void receive_next();
    void handle(Message& message);
    void close(const std::string& reason);

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
    [[nodiscard]] uint32_t irq_count(uint32_t index) const;
    void trigger_msix(const SetIrqsRequest& request);
    void assign_msix(const SetIrqsRequest& request);

    void reply(std::span<const std::byte> payload = {}, int fd = -1);
    void reply_error(int error);
    void send_reply(int fd);

    EventLoop& loop_;
    pci::Function& function_;
    guest::GuestMemory& memory_;
    Stats& stats_;
    Events events_;
    Channel channel_;
    Msix msix_;
    FdWatch watch_;
    /// For messages that came with another one: the socket doesn't tell of them.
    bool next_due_ = false;
    std::shared_ptr<Session*> alive_ = std::make_shared<Session*>(this);

    bool attached_ = false;
    bool closed_ = false;
    // Of the message at hand.
    Header header_;
    std::vector<UniqueFd> fds_;
    std::vector<std::byte> reply_;
    LogLimiter log_limiter_;
};

}  // namespace oriel::vfio_user
