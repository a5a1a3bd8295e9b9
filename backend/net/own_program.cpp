// SPDX-License-Identifier: MIT
#include "net/own_program.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace oriel {

std::string own_program() {
    std::array<char, 4096> path{};
    const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
    return {path.data(), static_cast<size_t>(std::max<ssize_t>(length, 0))};
}

}  // namespace oriel
