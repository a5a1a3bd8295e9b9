// SPDX-License-Identifier: MIT
#include "core/memfd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace oriel {

size_t page_size() {
    static const auto size = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

size_t round_to_pages(size_t bytes) {
    return (bytes + page_size() - 1) / page_size() * page_size();
}

Result<UniqueFd> create_memfd(const char* name, size_t size, MemfdSeals seals) {
    UniqueFd fd{::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!fd) {
        return system_error("memfd_create {}", name);
    }
    if (::ftruncate(fd.get(), static_cast<off_t>(round_to_pages(size))) != 0) {
        return system_error("allocate {} bytes of shared memory for {}", size, name);
    }
    if (seals == MemfdSeals::kFixedSize &&
        ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return system_error("seal shared memory {}", name);
    }
    return fd;
}

bool has_fixed_size(int fd, size_t size) {
    struct stat status = {};
    constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW;
    const int seals = ::fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & kSeals) == kSeals && ::fstat(fd, &status) == 0 &&
           static_cast<uint64_t>(status.st_size) == size;
}

}  // namespace oriel
