// SPDX-License-Identifier: MIT
#include "msix.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <string_view>
#include <utility>

namespace oriel::vfio_user {

bool Msix::accepts(const UniqueFd& fd) {
    std::array<char, 64> target{};
    const ssize_t length =
        ::readlink(fmt::format("/proc/self/fd/{}", fd.get()).c_str(), target.data(), target.size());
    constexpr std::string_view kEventfd = "anon_inode:[eventfd]";
    if (length >= 0) {
        return std::string_view{target.data(), static_cast<size_t>(length)} == kEventfd;
    }
    // Without /proc: at least no file, pipe or socket.
    struct stat status = {};
    return ::fstat(fd.get(), &status) == 0 && (status.st_mode & S_IFMT) == 0;
}

void Msix::assign(uint32_t start, std::span<UniqueFd> eventfds) {
    assert(uint64_t{start} + eventfds.size() <= vectors_.size());
    for (UniqueFd& eventfd : eventfds) {
        Vector& vector = vectors_[start++];
        vector.eventfd = std::move(eventfd);
        // Its counter may be full.
        const int flags = ::fcntl(vector.eventfd.get(), F_GETFL);
        ::fcntl(vector.eventfd.get(), F_SETFL, flags | O_NONBLOCK);
        if (std::exchange(vector.latched, false)) {
            signal(vector);
        }
    }
}

void Msix::release(uint32_t start, uint32_t count) {
    assert(uint64_t{start} + count <= vectors_.size());
    for (uint32_t i = 0; i < count; ++i) {
        vectors_[start + i].eventfd.reset();
    }
}

void Msix::release_all() {
    release(0, count());
}

void Msix::forget_latched() {
    for (Vector& vector : vectors_) {
        vector.latched = false;
    }
}

void Msix::raise(uint32_t vector) {
    if (vector >= vectors_.size()) {
        return;
    }
    if (!vectors_[vector].eventfd) {
        vectors_[vector].latched = true;
        ++stats_.interrupts_latched;
        return;
    }
    signal(vectors_[vector]);
}

void Msix::signal(Vector& vector) {
    const uint64_t one = 1;
    // A full counter means that it is signalled already; any other failure is the VMM's own loss.
    const ssize_t written = ::write(vector.eventfd.get(), &one, sizeof one);
    static_cast<void>(written);
    ++stats_.interrupts;
}

}  // namespace oriel::vfio_user
