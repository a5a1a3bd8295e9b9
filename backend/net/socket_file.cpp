// SPDX-License-Identifier: MIT
#include "net/socket_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "net/outside.h"

namespace oriel {

SocketFile::SocketFile(std::string path) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) == 0) {
        path_ = std::move(path);
        device_ = status.st_dev;
        inode_ = status.st_ino;
    }
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_{std::exchange(other.path_, {})}, device_{other.device_}, inode_{other.inode_} {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    return *this;
}

SocketFile::~SocketFile() {
    struct stat status = {};
    if (path_.empty() || ::lstat(path_.c_str(), &status) != 0 || status.st_dev != device_ ||
        status.st_ino != inode_) {
        return;
    }
    if (Outside* const outside = Outside::current()) {
        outside->remove(path_);
    } else {
        ::unlink(path_.c_str());
    }
}

}  // namespace oriel
