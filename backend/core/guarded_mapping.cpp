// SPDX-License-Identifier: MIT
#include "core/guarded_mapping.h"

#include <sys/stat.h>

#include "core/memfd.h"

namespace oriel {

Result<GuardedMapping> GuardedMapping::map(int fd, uint64_t offset, uint64_t size) {
    struct stat status = {};
    if (::fstat(fd, &status) != 0) {
        return system_error("look at a file that came with a message");
    }
    uint64_t end = 0;
    if (!S_ISREG(status.st_mode) || size == 0 || offset % page_size() != 0 ||
        __builtin_add_overflow(offset, size, &end) || end > static_cast<uint64_t>(status.st_size)) {
        return host_error("{} bytes at {} of a file that came with a message can't be mapped", size,
                          offset);
    }
    auto mapping = Mapping::map(fd, offset, static_cast<size_t>(size), MapAccess::kReadWrite);
    if (!mapping) {
        return tl::unexpected(mapping.error());
    }
    SigbusGuard guard{mapping->bytes()};
    if (!guard.active()) {
        return host_error("too many guarded mappings");
    }
    return GuardedMapping{std::move(*mapping), std::move(guard)};
}

}  // namespace oriel
