// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace oriel::app {

/// Where a VMM attaches over vhost-user: a socket's path, or one that is connected already.
struct VhostUserOption {
    std::string path;  ///< empty with `fd`
    int fd = -1;       ///< owned by whoever serves it

    /// As on the command line.
    [[nodiscard]] std::string text() const;
};

}  // namespace oriel::app
