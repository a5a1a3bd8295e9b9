// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "core/log.h"
#include "memory_table.h"
#include "message.h"
#include "net/client_place.h"
#include "net/message_connection.h"
#include "vhost_user/server.h"
#include "vhost_user/stats.h"
#include "virtio/device.h"
#include "vrings.h"

namespace oriel::vhost_user {

/// One front end of a server: answers its messages, in order.
class FrontEndSession final : public PlacedClient, private MessageListener {
public:
    /// What a session works on: the server's. Lent, must outlive the session.
    struct ServedDevice {
        EventLoop& loop;
        virtio::Device& device;
        MemoryTable& memory;
        Vrings& rings;
        Stats& stats;
        /// Who connects again and again gets no more lines by it.
        LogLimiter& log_limiter;
        SaidOnce& said;
        ClientPlace& place;
    };
    FrontEndSession(const ServedDevice& parts, UniqueFd socket);
    FrontEndSession(const FrontEndSession&) = delete;
    FrontEndSession& operator=(const FrontEndSession&) = delete;

    [[nodiscard]] bool attached() const override { return attached_; }
    [[nodiscard]] bool device_used() const override { return device_used_; }
    [[nodiscard]] bool closed() const override { return closed_; }
    [[nodiscard]] int socket() const override { return connection_.fd(); }

private:
    // MessageListener
    void message_came(ReceivedMessage& message) override;
    void stream_broken(std::span<const std::byte> header) override;
    void connection_closed(const std::string& reason) override { close(reason); }

    void close(const std::string& reason);
    [[nodiscard]] int carry_out(const ReceivedMessage& message);
    void finish(int error);
    void refused(int error);
    void tell_missing();

    // 0, or the errno of the refusal. What is waited for has been answered then.
    [[nodiscard]] int on(const NumberRequest& request);
    [[nodiscard]] int on(const FeaturesRequest& request);
    [[nodiscard]] int on(const ProtocolFeaturesRequest& request);
    [[nodiscard]] int on(const OwnerRequest& request);
    [[nodiscard]] int on(const ResetOwnerRequest& request);
    [[nodiscard]] int on(const ResetDeviceRequest& request);
    [[nodiscard]] int on(const MemoryTableRequest& request);
    [[nodiscard]] int on(const AddRegionRequest& request);
    [[nodiscard]] int on(const RemoveRegionRequest& request);
    [[nodiscard]] int on(const VringSizeRequest& request);
    [[nodiscard]] int on(const VringBaseRequest& request);
    [[nodiscard]] int on(const VringStopRequest& request);
    [[nodiscard]] int on(const VringEnableRequest& request);
    [[nodiscard]] int on(const VringAddresses& request);
    [[nodiscard]] int on(const VringFdRequest& request);
    [[nodiscard]] int on(const ReadConfigRequest& request);
    [[nodiscard]] int on(const WriteConfigRequest& request);
    [[nodiscard]] int on(const BackendChannelRequest& request);
    [[nodiscard]] int on(const GpuSocketRequest& request);
    [[nodiscard]] int on(const LogAreaRequest& request);
    [[nodiscard]] int on(const LogEventRequest& request);
    [[nodiscard]] int on(const MakeInFlightRequest& request);
    [[nodiscard]] int on(const TakeInFlightRequest& request);
    [[nodiscard]] int on(const StatusRequest& request);

    [[nodiscard]] int tell(const Result<void>& result);
    /// With a file descriptor (lent), or -1.
    void reply(std::span<const std::byte> payload, int fd = -1);
    [[nodiscard]] UniqueFd take_fd();

    const ServedDevice parts_;
    MessageConnection connection_;
    bool attached_ = false;
    bool device_used_ = false;
    bool closed_ = false;
    uint64_t protocol_features_ = 0;
    /// From vhost-user-gpu: QEMU's window would like to be told of pictures. Closed when QEMU does,
    /// or has another one: before, QEMU 11 would spin.
    UniqueFd gpu_socket_;
    // The message at hand.
    Header header_;
    std::vector<UniqueFd> fds_;
    std::vector<std::byte> reply_;
};

}  // namespace oriel::vhost_user
