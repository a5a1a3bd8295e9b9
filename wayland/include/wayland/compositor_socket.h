// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace oriel::wayland {

/// Where the compositor listens that make_presenter() finds by the environment (WAYLAND_DISPLAY,
/// XDG_RUNTIME_DIR), for whoever connects to it once more. Nothing where it gave a connected
/// descriptor (WAYLAND_SOCKET): that is good for one connection. Ask before make_presenter(), which
/// takes the variable out of the environment.
[[nodiscard]] std::optional<std::string> compositor_socket();

}  // namespace oriel::wayland
