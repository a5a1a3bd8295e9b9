// SPDX-License-Identifier: MIT
#include "net/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace oriel {
namespace {

using namespace std::chrono_literals;

constexpr auto kRetry = 5ms;
constexpr int kTries = 200;

}  // namespace

FolderLock::FolderLock(const std::string& path) {
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    fd_.reset(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (int i = 0; fd_ && i < kTries; ++i) {
        if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
            return;
        }
        std::this_thread::sleep_for(kRetry);
    }
}

}  // namespace oriel
