// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "connection/globals.h"
#include "connection/proxies.h"

namespace oriel::wayland {

/// zwp_relative_pointer_v1: how far a pointer was moved, also where it can't go.
class RelativePointer {
public:
    /// Unaccelerated px: the guest has an acceleration of its own.
    using Moved = std::function<void(double dx, double dy)>;

    /// The global must be there. `pointer` is lent and must outlive this.
    RelativePointer(const Globals& globals, wl_pointer* pointer, Moved moved);
    RelativePointer(const RelativePointer&) = delete;
    RelativePointer& operator=(const RelativePointer&) = delete;

private:
    static const zwp_relative_pointer_v1_listener kListener;

    Moved moved_;
    Proxy<zwp_relative_pointer_v1> proxy_;
};

}  // namespace oriel::wayland
