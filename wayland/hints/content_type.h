// SPDX-License-Identifier: MIT
#pragma once

#include "connection/globals.h"

namespace oriel::wayland {

/// wp_content_type_v1: tells the compositor that a surface's picture must be quick rather than
/// smooth, as a game's. With the surface's next commit.
class ContentType {
public:
    /// Does nothing where the compositor has no such protocol. `surface` is lent and must outlive
    /// this.
    ContentType(const Globals& globals, wl_surface* surface);
    ContentType(const ContentType&) = delete;
    ContentType& operator=(const ContentType&) = delete;

private:
    Proxy<wp_content_type_v1> proxy_;
};

}  // namespace oriel::wayland
