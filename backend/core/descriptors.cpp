// SPDX-License-Identifier: MIT
#include "core/descriptors.h"

#include <dirent.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/unique_handle.h"

namespace oriel {
namespace {

/// 64 memory files and some interrupts of the VMM's, 16 clients of the control socket with a file
/// each, the clipboard's 16 writers, and room for what a compositor and a GL driver need.
constexpr size_t kReserve = 256;

}  // namespace

size_t descriptor_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<size_t>(limit.rlim_cur) : 0;
}

size_t reserved_descriptors() {
    return std::min(kReserve, descriptor_limit() / 2);
}

size_t open_descriptors() {
    const UniqueHandle<DIR, closedir> folder{::opendir("/proc/self/fd")};
    if (!folder) {
        return 0;
    }
    size_t count = 0;
    while (const dirent* entry = ::readdir(folder.get())) {
        count += entry->d_name[0] != '.' ? 1 : 0;
    }
    return count > 0 ? count - 1 : 0;  // without the folder's own
}

Result<UniqueFd> for_guest(Result<UniqueFd> fd) {
    const size_t limit = descriptor_limit();
    if (fd && static_cast<size_t>(fd->get()) >= limit - reserved_descriptors()) {
        return tl::unexpected(HostError{
            EMFILE, fmt::format("the guest's part of {} file descriptors is used up", limit)});
    }
    return fd;
}

}  // namespace oriel
