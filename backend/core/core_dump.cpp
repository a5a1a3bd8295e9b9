// SPDX-License-Identifier: MIT
#include "core/core_dump.h"

#include <sys/mman.h>

namespace oriel {

void keep_out_of_core_dump(std::span<std::byte> memory) {
    static_cast<void>(::madvise(memory.data(), memory.size(), MADV_DONTDUMP));
}

}  // namespace oriel
