// SPDX-License-Identifier: MIT
#include "hints/activation.h"

namespace oriel::wayland {
namespace {

// A Wayland message has room for 4 KiB, and libwayland ends a connection that sends more.
constexpr size_t kLongestToken = 2048;

}  // namespace

void activate(const Globals& globals, wl_surface* surface, const std::string& token) {
    if (globals.get<xdg_activation_v1>() != nullptr && token.size() <= kLongestToken) {
        xdg_activation_v1_activate(globals.get<xdg_activation_v1>(), token.c_str(), surface);
    }
}

}  // namespace oriel::wayland
