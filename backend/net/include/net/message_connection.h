// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "net/message_channel.h"

namespace oriel {

/// Who gets the messages of a connection. None of the calls may destroy the connection.
class MessageListener {
public:
    MessageListener() = default;
    MessageListener(const MessageListener&) = delete;
    MessageListener& operator=(const MessageListener&) = delete;

    virtual void message_came(ReceivedMessage& message) = 0;
    /// What came is no header of a message: nothing behind it can be trusted, so nothing more is
    /// read.
    virtual void stream_broken(std::span<const std::byte> header) = 0;
    /// `reason` completes "the VMM …".
    virtual void connection_closed(const std::string& reason) = 0;

protected:
    ~MessageListener() = default;
};

/// A peer's connection on the loop: its messages one by one, one a turn, so that what a message
/// sets off (a kick) is done before the next one is looked at. Nothing is read from a peer that
/// doesn't read what it is sent.
class MessageConnection {
public:
    /// All but the socket are lent and must outlive this.
    MessageConnection(EventLoop& loop, UniqueFd socket, const MessageFraming& framing,
                      MessageListener& listener);
    MessageConnection(const MessageConnection&) = delete;
    MessageConnection& operator=(const MessageConnection&) = delete;

    /// Begins to listen. Fails where the socket can't be watched.
    [[nodiscard]] Result<void> open();
    /// Nothing is told from now on.
    void close() { watch_.reset(); }
    [[nodiscard]] bool is_open() const { return watch_.active(); }

    /// See MessageChannel::keep().
    void keep(std::span<uint64_t> words) { channel_.keep(words); }

    /// With a file descriptor (lent) or -1. False: the connection is gone.
    [[nodiscard]] bool send(std::span<const std::byte> bytes, int fd = -1) {
        return channel_.send(bytes, fd);
    }
    /// Lent.
    [[nodiscard]] int fd() const { return channel_.fd(); }

private:
    void ready(FdEvents happened);
    void receive();
    void receive_next();
    void closed(const char* reason);

    EventLoop& loop_;
    const MessageFraming& framing_;
    MessageListener& listener_;
    MessageChannel channel_;
    FdWatch watch_;
    /// For messages that came with another one: the socket doesn't tell of them.
    DeferredCall next_;
};

}  // namespace oriel
