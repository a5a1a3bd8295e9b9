// SPDX-License-Identifier: MIT
#include "net/eventfd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>

#include "core/descriptor_target.h"

namespace oriel {

bool is_eventfd(const UniqueFd& fd) {
    if (const auto target = descriptor_target(fd.get())) {
        return *target == "anon_inode:[eventfd]";
    }
    // Without /proc: at least no file, pipe or socket.
    struct stat status = {};
    return ::fstat(fd.get(), &status) == 0 && (status.st_mode & S_IFMT) == 0;
}

void make_non_blocking(const UniqueFd& eventfd) {
    const int flags = ::fcntl(eventfd.get(), F_GETFL);
    ::fcntl(eventfd.get(), F_SETFL, flags | O_NONBLOCK);
}

void signal_eventfd(const UniqueFd& eventfd) {
    const uint64_t one = 1;
    const ssize_t written = ::write(eventfd.get(), &one, sizeof one);
    static_cast<void>(written);
}

bool take_signal(const UniqueFd& eventfd) {
    uint64_t count = 0;
    return ::read(eventfd.get(), &count, sizeof count) == sizeof count;
}

}  // namespace oriel
