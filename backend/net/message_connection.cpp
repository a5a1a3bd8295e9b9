// SPDX-License-Identifier: MIT
#include "net/message_connection.h"

#include <utility>

namespace oriel {

MessageConnection::MessageConnection(EventLoop& loop, UniqueFd socket,
                                     const MessageFraming& framing, MessageListener& listener)
    : loop_{loop},
      framing_{framing},
      listener_{listener},
      channel_{std::move(socket), framing},
      next_{loop, [this] {
                if (is_open() && !channel_.sending()) {
                    receive();
                }
            }} {}

Result<void> MessageConnection::open() {
    auto watch =
        loop_.watch(channel_.fd(), FdEvents::kRead, [this](FdEvents happened) { ready(happened); });
    if (!watch) {
        return tl::unexpected(watch.error());
    }
    watch_ = std::move(*watch);
    return {};
}

void MessageConnection::closed(const char* reason) {
    close();
    listener_.connection_closed(reason);
}

void MessageConnection::ready(FdEvents happened) {
    if (next_.scheduled()) {
        return;  // a message is here already, and comes behind what the last one has set off
    }
    if (!channel_.sending()) {
        receive();
        return;
    }
    // Nothing is read from a peer that doesn't read its replies: what waits stays bounded.
    if (!channel_.flush() || happened & FdEvents::kHangUp || happened & FdEvents::kError) {
        closed("closed the connection");
    } else if (!channel_.sending()) {
        watch_.set_events(FdEvents::kRead);
        receive_next();
    }
}

/// Behind what the last message has set off.
void MessageConnection::receive_next() {
    if (channel_.read_ahead()) {
        next_.schedule();
    }
}

void MessageConnection::receive() {
    switch (channel_.receive()) {
        case MessageChannel::Receive::kMessage:
            listener_.message_came(channel_.message());
            if (is_open()) {
                channel_.done();
            }
            break;
        case MessageChannel::Receive::kAgain:
            break;
        case MessageChannel::Receive::kClosed:
            closed(channel_.in_message() ? "closed the connection in the middle of a message"
                                         : "closed the connection");
            return;
        case MessageChannel::Receive::kBroken:
            close();
            listener_.stream_broken(
                std::span{channel_.message().header}.first(framing_.header_bytes));
            return;
    }
    if (!is_open()) {
        return;
    }
    if (channel_.sending()) {
        watch_.set_events(FdEvents::kWrite);
    } else {
        receive_next();
    }
}

}  // namespace oriel
