// SPDX-License-Identifier: MIT
#include "recorder/write_all.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace oriel::app::recorder {

Result<void> write_all(int file, std::span<const std::byte> bytes, const std::string& name) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count >= 0) {
            bytes = bytes.subspan(static_cast<size_t>(count));
        } else if (errno == EAGAIN) {
            // Somebody's terminal or pipe that does not block.
            pollfd room{file, POLLOUT, 0};
            static_cast<void>(::poll(&room, 1, -1));
        } else if (errno != EINTR) {
            return system_error("write {}", name);
        }
    }
    return {};
}

}  // namespace oriel::app::recorder
