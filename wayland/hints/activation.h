// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "connection/globals.h"

namespace oriel::wayland {

/// xdg_activation_v1: whoever started this program passes the user's attention on by a token
/// (XDG_ACTIVATION_TOKEN). Does nothing where the compositor has no such protocol.
void activate(const Globals& globals, wl_surface* surface, const std::string& token);

}  // namespace oriel::wayland
