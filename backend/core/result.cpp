// SPDX-License-Identifier: MIT
#include "core/result.h"

#include <cstring>

namespace oriel {

std::string HostError::message() const {
    if (code == 0) {
        return context;
    }
    return fmt::format("{}: {}", context, std::strerror(code));
}

}  // namespace oriel
