// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace oriel::app {

/// `--dbus` and `--fd`: where a QEMU's D-Bus display is.
struct DbusOption {
    enum class Kind : uint8_t { kMonitor, kBus, kDescriptor, kDomain };
    Kind kind = Kind::kMonitor;
    std::string path{};  ///< of QEMU's monitor, or of the bus; a domain's: libvirt's URI
    std::string name{};  ///< on the bus; or the domain's
    int fd = -1;

    /// As the user has written it.
    [[nodiscard]] std::string text() const;
};

}  // namespace oriel::app
