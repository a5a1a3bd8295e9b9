// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/unique_fd.h"
#include "net/socket_file.h"

namespace oriel {

/// A listening Unix stream socket at a path, mode 0600, that goes away with this object.
class Listener {
public:
    /// Replaces a socket that nobody listens on any more. Throws StartupError, exit code 2, if the
    /// path is too long, is something else than a socket, or belongs to a live process.
    explicit Listener(const std::string& path);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() = default;

    [[nodiscard]] int fd() const { return socket_.get(); }

private:
    UniqueFd socket_;
    SocketFile file_;
};

}  // namespace oriel
