// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace oriel {

/// Reads until the file ends or `most` bytes are there. Returns how many, or -1 with errno.
[[nodiscard]] inline ssize_t read_up_to(int fd, void* bytes, size_t most) {
    size_t length = 0;
    while (length < most) {
        const ssize_t got = ::read(fd, static_cast<char*>(bytes) + length, most - length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        length += static_cast<size_t>(got);
    }
    return static_cast<ssize_t>(length);
}

}  // namespace oriel
