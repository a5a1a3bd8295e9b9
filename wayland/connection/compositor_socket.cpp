// SPDX-License-Identifier: MIT
#include "wayland/compositor_socket.h"

#include <cstdlib>

namespace oriel::wayland {

// As wl_display_connect() has it.
std::optional<std::string> compositor_socket() {
    if (std::getenv("WAYLAND_SOCKET") != nullptr) {
        return std::nullopt;
    }
    const char* const display = std::getenv("WAYLAND_DISPLAY");
    const std::string name = display != nullptr ? display : "wayland-0";
    if (name.starts_with('/')) {
        return name;
    }
    const char* const folder = std::getenv("XDG_RUNTIME_DIR");
    if (folder == nullptr || folder[0] != '/') {
        return std::nullopt;
    }
    return std::string{folder} + "/" + name;
}

}  // namespace oriel::wayland
