// SPDX-License-Identifier: MIT
#include "connection/environment_socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/whole_number.h"

namespace oriel::wayland {
namespace {

/// Empty: nothing.
std::string_view what_is_wrong(std::string_view text) {
    const int fd = whole_number<int>(text).value_or(-1);
    if (fd < 0) {
        return "which is not the number of a file descriptor";
    }
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
        return address.ss_family == AF_UNIX ? "" : "which is not a local socket";
    }
    switch (errno) {
        case EBADF:
            return "which is not an open file descriptor";
        case ENOTCONN:
            return "which is a socket that is not connected";
        default:
            return "which is not a socket";
    }
}

}  // namespace

Result<void> check_environment_socket() {
    const char* const text = std::getenv("WAYLAND_SOCKET");
    if (text == nullptr) {
        return {};
    }
    if (const std::string_view wrong = what_is_wrong(text); !wrong.empty()) {
        return host_error("no Wayland compositor: WAYLAND_SOCKET is '{}', {}", text, wrong);
    }
    return {};
}

}  // namespace oriel::wayland
