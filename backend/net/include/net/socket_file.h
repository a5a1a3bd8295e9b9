// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>

namespace oriel {

/// The file of a socket that this process listens on. It goes away with this object, unless
/// somebody has put another one in its place.
class SocketFile {
public:
    /// None.
    SocketFile() = default;
    /// The one that is at `path` now.
    explicit SocketFile(std::string path);
    SocketFile(SocketFile&& other) noexcept;
    SocketFile& operator=(SocketFile&& other) noexcept;
    SocketFile(const SocketFile&) = delete;
    SocketFile& operator=(const SocketFile&) = delete;
    ~SocketFile();

private:
    std::string path_;  // empty: none
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace oriel
