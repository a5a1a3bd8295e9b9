// SPDX-License-Identifier: MIT
#include "core/descriptor_target.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

namespace oriel {

std::optional<std::string> descriptor_target(int fd) {
    std::array<char, 127> target{};
    const ssize_t length =
        ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), target.data(), target.size());
    if (length < 0) {
        return std::nullopt;
    }
    return std::string{target.data(), static_cast<size_t>(length)};
}

}  // namespace oriel
