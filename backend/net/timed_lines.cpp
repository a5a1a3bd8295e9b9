// SPDX-License-Identifier: MIT
#include "net/timed_lines.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <utility>

#include "net/local_socket.h"

namespace oriel {

bool TimedLines::ready(short events) const {
    using std::chrono::milliseconds;
    for (;;) {
        const auto left =
            std::chrono::ceil<milliseconds>(terms_.deadline - std::chrono::steady_clock::now())
                .count();
        pollfd watched{socket_, events, 0};
        const int count = ::poll(&watched, 1, static_cast<int>(left > 0 ? left : 0));
        if (count >= 0 || errno != EINTR) {
            return count > 0;
        }
    }
}

Result<void> TimedLines::send(std::string_view text, int fd) const {
    while (!text.empty()) {
        const auto sent = send_with_fd(socket_, text, fd);
        if (!sent) {
            return tl::unexpected(sent.error());
        }
        text.remove_prefix(*sent);
        if (*sent > 0) {
            fd = -1;  // it has gone with the first byte
        }
        if (!text.empty() && !ready(POLLOUT)) {
            return host_error("{}", terms_.silent);
        }
    }
    return {};
}

Result<TimedLines::Line> TimedLines::receive() {
    std::array<char, 16384> buffer;
    for (;;) {
        if (const size_t end = input_.find('\n'); end != std::string::npos) {
            Line line{input_.substr(0, end), std::move(fd_)};
            input_.erase(0, end + 1);
            return line;
        }
        if (input_.size() > terms_.longest || !ready(POLLIN)) {
            return host_error("{}", terms_.silent);
        }
        auto received = receive_with_fd(socket_, buffer);
        if (!received) {
            if (received.error().code == EAGAIN || received.error().code == EINTR) {
                continue;
            }
            return tl::unexpected(received.error());
        }
        if (received->bytes == 0) {
            return host_error("{}", terms_.closed);
        }
        input_.append(buffer.data(), received->bytes);
        if (received->fd) {
            fd_ = std::move(received->fd);
        }
    }
}

}  // namespace oriel
