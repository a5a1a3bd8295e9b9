// SPDX-License-Identifier: MIT
#include "net/dbus_address.h"

#include <cstdlib>

namespace oriel {

std::string dbus_socket_path(std::string_view address) {
    if (!address.starts_with(kDbusUnixPath)) {
        return {};
    }
    address.remove_prefix(kDbusUnixPath.size());
    std::string path{address.substr(0, address.find_first_of(",;"))};
    // Characters that mean something in an address are written as %2c.
    for (size_t at = 0; (at = path.find('%', at)) != std::string::npos; ++at) {
        const std::string digits = path.substr(at + 1, 2);
        char* end = nullptr;
        const long code = std::strtol(digits.c_str(), &end, 16);
        if (digits.size() != 2 || *end != '\0' || code <= 0) {
            return {};
        }
        path.replace(at, 3, 1, static_cast<char>(code));
    }
    return path;
}

}  // namespace oriel
