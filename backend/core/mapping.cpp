// SPDX-License-Identifier: MIT
#include "core/mapping.h"

#include <sys/mman.h>

#include "core/core_dump.h"

namespace oriel {

Result<Mapping> Mapping::map(int fd, uint64_t offset, size_t size, MapAccess access) {
    const int protection = access == MapAccess::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
    void* address = ::mmap(nullptr, size, protection, MAP_SHARED, fd, static_cast<off_t>(offset));
    if (address == MAP_FAILED) {
        return system_error("map {} bytes of shared memory", size);
    }
    Mapping mapping;
    mapping.bytes_ = {static_cast<std::byte*>(address), size};
    keep_out_of_core_dump(mapping.bytes_);
    return mapping;
}

Result<Mapping> Mapping::reserve(size_t size) {
    void* address =
        ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) {
        return system_error("reserve {} bytes of addresses", size);
    }
    Mapping mapping;
    mapping.bytes_ = {static_cast<std::byte*>(address), size};
    return mapping;
}

void Mapping::reset() {
    if (bytes_.data() != nullptr) {
        ::munmap(bytes_.data(), bytes_.size());
        bytes_ = {};
    }
}

}  // namespace oriel
