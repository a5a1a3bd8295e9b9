// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/unique_fd.h"

namespace oriel {

/// How a protocol's messages lie in a stream: a header of fixed size that says how much follows.
struct MessageFraming {
    static constexpr size_t kMaxHeader = 16;

    size_t header_bytes = 0;  ///< at most kMaxHeader
    /// File descriptors of one message. When more come all are closed.
    size_t max_fds = 0;
    /// How many bytes follow, which is bounded; nothing if this is no header.
    std::optional<size_t> (*payload_bytes)(std::span<const std::byte> header) = nullptr;
    /// What tells a message from the one before it. Only for MessageChannel::keep().
    uint32_t (*message_id)(std::span<const std::byte> header) = nullptr;
};

struct ReceivedMessage {
    std::array<std::byte, MessageFraming::kMaxHeader> header{};
    std::vector<std::byte> payload;
    std::vector<UniqueFd> fds;
    /// File descriptors came that this process could not take: the kernel closed them.
    bool fds_lost = false;
};

/// A connected stream socket as a sequence of messages. Never blocks; a message that comes or goes
/// in pieces is kept until it is whole.
class MessageChannel {
public:
    /// `socket` is a connected stream socket; it becomes non-blocking. `framing` is lent and must
    /// outlive this.
    MessageChannel(UniqueFd socket, const MessageFraming& framing);

    [[nodiscard]] int fd() const { return socket_.get(); }

    enum class Receive : uint8_t {
        kMessage,  ///< message() is whole
        kAgain,    ///< nothing more for now
        kClosed,   ///< by the peer, or the connection failed
        kBroken,   ///< not a header: nothing on the stream can be trusted any more
    };
    /// At most one message. Its contents stay until the next call.
    [[nodiscard]] Receive receive();
    [[nodiscard]] ReceivedMessage& message() { return message_; }
    /// Something behind that message has been read already: the socket won't say that it is there.
    [[nodiscard]] bool read_ahead() const { return inbox_begin_ < inbox_end_; }
    /// A part of a message has come.
    [[nodiscard]] bool in_message() const { return received_ > 0; }

    /// For who goes on with the stream after this process: from now on a message is taken out of
    /// the socket when it is answered, not before. `words` (kKeptWords of them, lent) outlive the
    /// process. The framing has a message_id.
    void keep(std::span<uint64_t> words);
    static constexpr size_t kKeptWords = 2;
    /// What they say: a message had begun to come, or an answer to go, and did not get to its end.
    [[nodiscard]] static bool torn(std::span<const uint64_t> words) { return words[kTorn] != 0; }
    /// The message is answered, or needs no answer.
    void done();

    /// Sends a whole message, with a file descriptor (lent) or -1. What the socket doesn't take now
    /// goes with flush(). False: the connection is gone.
    [[nodiscard]] bool send(std::span<const std::byte> bytes, int fd = -1);
    [[nodiscard]] bool flush();
    void close() { socket_.reset(); }
    /// The peer doesn't read as fast as it asks: take nothing from it until this is false.
    [[nodiscard]] bool sending() const { return !unsent_.empty(); }

private:
    static constexpr size_t kTorn = 0;
    /// The id of the message that is answered and perhaps still in the socket, plus one.
    static constexpr size_t kAnswered = 1;

    [[nodiscard]] Receive look();
    [[nodiscard]] Receive receive_pieces();
    [[nodiscard]] ssize_t read(int flags);
    void note_torn();
    void note_answered();
    [[nodiscard]] uint64_t answered_mark() const;
    [[nodiscard]] Receive fill();
    [[nodiscard]] size_t take(std::byte* to, size_t wanted);
    [[nodiscard]] Receive receive_rest();
    [[nodiscard]] size_t missing() const {
        return framing_.header_bytes + message_.payload.size() - received_;
    }

    const MessageFraming& framing_;
    UniqueFd socket_;
    ReceivedMessage message_;
    size_t received_ = 0;  // of the message, its header included
    /// What one read brought and no message has taken yet, and the file descriptors with it.
    std::array<std::byte, 4096> inbox_;
    size_t inbox_begin_ = 0;
    size_t inbox_end_ = 0;
    std::vector<UniqueFd> inbox_fds_;
    bool inbox_fds_lost_ = false;
    std::vector<std::byte> unsent_;
    std::span<uint64_t> kept_;
    /// Bytes of the message at hand that are still in the socket.
    size_t looked_at_ = 0;
};

}  // namespace oriel
