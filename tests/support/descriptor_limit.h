// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <stdexcept>

namespace oriel::test {

/// As long as it lives, this process may have no more descriptors than `limit`.
class DescriptorLimit {
public:
    explicit DescriptorLimit(rlim_t limit) {
        if (::getrlimit(RLIMIT_NOFILE, &before_) != 0) {
            throw std::runtime_error{"getrlimit"};
        }
        rlimit low = before_;
        low.rlim_cur = limit;
        if (::setrlimit(RLIMIT_NOFILE, &low) != 0) {
            throw std::runtime_error{"setrlimit"};
        }
    }
    DescriptorLimit(const DescriptorLimit&) = delete;
    DescriptorLimit& operator=(const DescriptorLimit&) = delete;
    ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

/// All below it are open.
[[nodiscard]] inline int first_free_descriptor() {
    const int free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(free);
    return free;
}

}  // namespace oriel::test
