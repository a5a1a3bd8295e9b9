// SPDX-License-Identifier: MIT
#include "net/inherited_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/whole_number.h"

namespace oriel {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
// Nothing has that many; a wrong number must not cost a walk without end.
constexpr int kMost = 256;

int number_in(const char* variable) {
    const char* const text = std::getenv(variable);
    return text != nullptr ? whole_number<int>(text).value_or(0) : 0;
}

/// One past the last; kFirst if nothing was handed to this process.
int end_of_inherited() {
    if (number_in("LISTEN_PID") != ::getpid()) {
        return kFirst;
    }
    return kFirst + std::clamp(number_in("LISTEN_FDS"), 0, kMost);
}

/// Empty where that is no local socket that listens.
std::string path_of(int fd) {
    int listens = 0;
    socklen_t size = sizeof listens;
    sockaddr_un address{};
    socklen_t length = sizeof address;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
        address.sun_family != AF_UNIX) {
        return {};
    }
    return {address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path)};
}

}  // namespace

UniqueFd inherited_listener(const std::string& path) {
    const int end = end_of_inherited();
    UniqueFd found;
    for (int fd = kFirst; fd < end; ++fd) {
        if (!found && !path.empty() && path_of(fd) == path) {
            // Under another number: this one stands for "handed over, and nobody's yet".
            found = UniqueFd{::fcntl(fd, F_DUPFD_CLOEXEC, end)};
            ::close(fd);
        }
    }
    if (found) {
        ::fcntl(found.get(), F_SETFL, ::fcntl(found.get(), F_GETFL) | O_NONBLOCK);
    }
    return found;
}

std::vector<std::string> unused_inherited_listeners() {
    std::vector<std::string> paths;
    const int end = end_of_inherited();
    paths.reserve(static_cast<size_t>(end - kFirst));
    for (int fd = kFirst; fd < end; ++fd) {
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        if (std::string path = path_of(fd); !path.empty()) {
            paths.push_back(std::move(path));
        }
    }
    return paths;
}

}  // namespace oriel
