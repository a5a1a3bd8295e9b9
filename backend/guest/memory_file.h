// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"
#include "guest/guest_memory.h"

namespace oriel::guest {

/// How many bytes of a file can be mapped. A device (/dev/dax0.0) has no size of its own that
/// fstat() knows: `devices` is where the kernel tells it.
[[nodiscard]] Result<uint64_t> mappable_bytes(const struct stat& status,
                                              const std::string& devices = "/sys/dev/char");

/// How a process has a file mapped, by its /proc/PID/maps. What is mapped at `ignored` doesn't
/// count.
[[nodiscard]] Sharing sharing_in(std::string_view maps, const struct stat& file,
                                 HostSpan ignored = {});

/// /proc/PID/maps, as far as it is not longer than any VMM's; empty if it can't be read.
[[nodiscard]] std::string maps_of(pid_t process);

/// Whether all bytes of the file that were looked at are zero: its beginning, the surroundings of
/// `offset`, and some pages from everywhere. Reads at most 3 MiB, and makes no page of a file that
/// has none there. A file that can't be read is not zero.
[[nodiscard]] bool looks_empty(int fd, uint64_t size, uint64_t offset);

}  // namespace oriel::guest
