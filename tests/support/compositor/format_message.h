// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-server-core.h>

#include <string>

namespace oriel::test {

/// "wl_surface#7"
[[nodiscard]] std::string object_name(const wl_resource* resource);
/// "wl_surface.attach"
[[nodiscard]] std::string message_name(const wl_protocol_logger_message& message);
/// "wl_surface#7.attach(wl_buffer#9, 0, 0)"
[[nodiscard]] std::string format_message(const wl_protocol_logger_message& message);

}  // namespace oriel::test
