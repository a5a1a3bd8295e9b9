// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace oriel {

/// How the address of a bus at a local socket begins.
inline constexpr std::string_view kDbusUnixPath = "unix:path=";

/// The path in a D-Bus address, "unix:path=/run/user/1000/bus,guid=…"; empty: there is none (D-Bus
/// specification, "Server Addresses").
[[nodiscard]] std::string dbus_socket_path(std::string_view address);

}  // namespace oriel
