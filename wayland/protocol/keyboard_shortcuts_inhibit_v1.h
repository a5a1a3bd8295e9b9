// SPDX-License-Identifier: MIT
// XML: unstable/keyboard-shortcuts-inhibit/keyboard-shortcuts-inhibit-unstable-v1.xml
#pragma once

#include "keyboard-shortcuts-inhibit-unstable-v1-client-protocol.h"
#include "protocol/proxy.h"

namespace oriel::wayland {

template <>
struct ProxyTraits<zwp_keyboard_shortcuts_inhibit_manager_v1> {
    static void destroy(zwp_keyboard_shortcuts_inhibit_manager_v1* p) {
        zwp_keyboard_shortcuts_inhibit_manager_v1_destroy(p);
    }
};

template <>
struct ProxyTraits<zwp_keyboard_shortcuts_inhibitor_v1> {
    static void destroy(zwp_keyboard_shortcuts_inhibitor_v1* p) {
        zwp_keyboard_shortcuts_inhibitor_v1_destroy(p);
    }
};

}  // namespace oriel::wayland
