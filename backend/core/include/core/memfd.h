// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel {

[[nodiscard]] size_t page_size();
/// `bytes` rounded up to whole pages.
[[nodiscard]] size_t round_to_pages(size_t bytes);

enum class MemfdSeals {
    kNone,
    /// Neither we nor whoever receives the fd can resize it: the receiver can't make us SIGBUS.
    kFixedSize,
};

/// Anonymous shared memory of `size` bytes (rounded up to pages), all zero, close-on-exec. `name`
/// shows in /proc/PID/maps.
[[nodiscard]] Result<UniqueFd> create_memfd(const char* name, size_t size, MemfdSeals seals);

/// Whether `fd` is a memfd of exactly `size` bytes that nobody can resize.
[[nodiscard]] bool has_fixed_size(int fd, size_t size);

}  // namespace oriel
