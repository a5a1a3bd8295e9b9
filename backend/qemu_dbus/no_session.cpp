// SPDX-License-Identifier: MIT
#include "core/result.h"
#include "qemu_dbus/display_session.h"

namespace oriel::qemu_dbus {

bool has_sessions() {
    return false;
}

std::unique_ptr<DisplaySession> make_session(EventLoop&, Display&, SessionListener&,
                                             SessionOptions) {
    throw StartupError{
        "this oriel was built without D-Bus (libsystemd), so it can't show a QEMU's D-Bus display"};
}

}  // namespace oriel::qemu_dbus
