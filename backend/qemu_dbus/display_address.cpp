// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "qemu_dbus/display_session.h"

namespace oriel::qemu_dbus {

std::string DisplayAddress::text() const {
    switch (kind) {
        case Kind::kMonitor:
            return path;
        case Kind::kBus:
            return fmt::format("{} on {}", name, path);
        case Kind::kProvider:
            return name;
        case Kind::kSocket:
            break;
    }
    return "the socket of --fd";
}

}  // namespace oriel::qemu_dbus
