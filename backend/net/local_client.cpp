// SPDX-License-Identifier: MIT
#include "net/local_client.h"

#include <array>
#include <cerrno>
#include <utility>

#include "core/log.h"
#include "net/local_socket.h"

namespace oriel {

LocalClient::LocalClient(EventLoop& loop, std::string path, Words words, Listener& listener)
    : loop_{loop}, path_{std::move(path)}, words_{words}, listener_{listener} {
    connect();
}

void LocalClient::connect_ended(Result<UniqueFd> socket) {
    if (!socket) {
        drop(socket.error().message());
        return;
    }
    auto watch =
        loop_.watch(socket->get(), FdEvents::kRead, [this](FdEvents events) { happened(events); });
    if (!watch) {
        drop(watch.error().message());
        return;
    }
    socket_ = std::move(*socket);
    watch_ = std::move(*watch);
    listener_.connected();
}

void LocalClient::drop(const std::string& why, Nanoseconds retry) {
    say_once(fmt::format("{}; trying again", why));
    const bool was_connected = connected();
    watch_.reset();
    socket_.reset();
    output_.clear();
    sent_ = 0;
    waited_ = false;
    retry_.arm_after(retry);
    if (was_connected) {
        listener_.lost();
    }
}

void LocalClient::say_once(const std::string& line) {
    // A server may change what there is to say as often as it likes.
    if (said_ != line && log_limiter_.admit(loop_.clock().now())) {
        said_ = line;
        log_info(words_.area, "{}", line);
    }
}

void LocalClient::closed() {
    drop(fmt::format("{}: closed by {}", path_, words_.server));
}

void LocalClient::happened(FdEvents events) {
    if (events & FdEvents::kWrite) {
        flush();
    }
    if (!connected()) {
        return;
    }
    if (events & FdEvents::kRead) {
        receive();
    } else if ((events & FdEvents::kHangUp) || (events & FdEvents::kError)) {
        closed();
    }
}

void LocalClient::receive() {
    std::array<char, size_t{32} << 10> buffer;
    const auto received = receive_with_fd(socket_.get(), buffer);
    if (received && received->bytes > 0) {
        listener_.received({buffer.data(), received->bytes});
    } else if (received) {
        closed();
    } else if (received.error().code != EAGAIN && received.error().code != EINTR) {
        drop(fmt::format("{}: {}", path_, received.error().message()));
    }
}

void LocalClient::queue(std::string_view bytes) {
    if (connected()) {
        output_ += bytes;
    }
}

void LocalClient::flush() {
    if (!connected()) {
        return;
    }
    while (unsent() > 0) {
        const auto sent =
            send_with_fd(socket_.get(), std::span<const char>{output_}.subspan(sent_), -1);
        if (!sent) {
            drop(fmt::format("{}: {}", path_, sent.error().message()));
            return;
        }
        if (*sent == 0) {
            break;
        }
        sent_ += *sent;
    }
    if (sent_ > output_.size() / 2) {
        // Sent is gone: a text may be large, and its reader slow.
        output_.erase(0, std::exchange(sent_, 0));
        output_.shrink_to_fit();
    }
    if (unsent() > 0) {
        waited_ = true;
        watch_.set_events(FdEvents::kRead | FdEvents::kWrite);
        return;
    }
    watch_.set_events(FdEvents::kRead);
    if (std::exchange(waited_, false)) {
        listener_.drained();
    }
}

}  // namespace oriel
