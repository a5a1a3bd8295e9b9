// SPDX-License-Identifier: MIT
#include "net/own_program.h"

#include <fmt/format.h>
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

std::string helper_program(std::string_view name) {
    std::string beside = own_program();
    beside.resize(beside.rfind('/') + 1);
    beside += name;
    if (::access(beside.c_str(), X_OK) == 0) {
        return beside;
    }
    return fmt::format("{}/{}", ORIEL_LIBEXECDIR, name);
}

}  // namespace oriel
