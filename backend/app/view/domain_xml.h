// SPDX-License-Identifier: MIT
// What libvirt's XML says of a domain's displays.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace oriel::app {

/// A <graphics> of a domain. Its place in the list is the number by which libvirt knows it.
struct DomainGraphics {
    std::string type;     ///< "dbus", "spice", "vnc", …
    bool p2p = false;     ///< dbus: a private connection is had from libvirt
    std::string address;  ///< dbus without p2p: of the bus, "unix:path=…"
};

inline constexpr size_t kMaxDomainXml = size_t{8} << 20;
inline constexpr size_t kMaxDomainGraphics = 16;

/// In the XML's order, 16 at most. An error where it is no domain's XML.
[[nodiscard]] Result<std::vector<DomainGraphics>> graphics_of_domain(std::string_view xml);

/// The same XML with one more device: a D-Bus display with private connections.
[[nodiscard]] Result<std::string> with_dbus_graphics(std::string_view xml);

/// What to add to the devices of a domain, for people and for libvirt.
inline constexpr std::string_view kDbusGraphics = "<graphics type='dbus' p2p='yes'/>";

}  // namespace oriel::app
