// SPDX-License-Identifier: MIT
#include "net/listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/result.h"
#include "net/folder_lock.h"
#include "net/inherited_sockets.h"

namespace oriel {
namespace {

constexpr int kWrongUse = 2;
constexpr int kVmmBacklog = 8;

sockaddr_un listen_address(const std::string& path) {
    sockaddr_un address{};
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        throw StartupError{fmt::format("socket path {} is too long: {} bytes, at most {}", path,
                                       path.size(), sizeof address.sun_path - 1),
                           kWrongUse};
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

UniqueFd stream_socket() {
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd) {
        throw StartupError{system_error("create a socket").value()};
    }
    return fd;
}

bool bind_to(int fd, const sockaddr_un& address) {
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// Removes what a dead process left at the path; throws if it is anything else.
void remove_stale(const std::string& path, const sockaddr_un& address) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0) {
        return;  // gone meanwhile
    }
    if (!S_ISSOCK(status.st_mode)) {
        throw StartupError{fmt::format("{} exists and is not a socket", path), kWrongUse};
    }
    const UniqueFd probe = stream_socket();
    // A live server with a full backlog answers EAGAIN: alive all the same.
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
        errno != ECONNREFUSED) {
        throw StartupError{fmt::format("socket {} is in use by another process", path), kWrongUse};
    }
    ::unlink(path.c_str());
}

}  // namespace

Listener::Listener(const std::string& path) {
    const sockaddr_un address = listen_address(path);
    socket_ = inherited_listener(path);
    if (socket_) {
        return;  // the path is the service manager's
    }
    const FolderLock lock{path};
    socket_ = stream_socket();
    // Before bind(), so that the socket is never there with a wider mode.
    ::fchmod(socket_.get(), S_IRUSR | S_IWUSR);
    if (!bind_to(socket_.get(), address)) {
        if (errno != EADDRINUSE) {
            throw StartupError{system_error("bind {}", path).value(), kWrongUse};
        }
        remove_stale(path, address);
        if (!bind_to(socket_.get(), address)) {
            throw StartupError{system_error("bind {}", path).value(), kWrongUse};
        }
    }
    file_ = SocketFile{path};
    if (::listen(socket_.get(), kVmmBacklog) != 0) {
        throw StartupError{system_error("listen on {}", path).value()};
    }
}

}  // namespace oriel
