// SPDX-License-Identifier: MIT
#pragma once

#include "connection/globals.h"

namespace oriel::wayland {

class RelativePointerListener {
public:
    RelativePointerListener() = default;
    RelativePointerListener(const RelativePointerListener&) = delete;
    RelativePointerListener& operator=(const RelativePointerListener&) = delete;

    /// Unaccelerated px: the guest has an acceleration of its own.
    virtual void moved(double dx, double dy) = 0;

protected:
    ~RelativePointerListener() = default;
};

/// zwp_relative_pointer_v1: how far a pointer was moved, also where it can't go.
class RelativePointer {
public:
    /// The global must be there. `pointer` and `listener` are lent and must outlive this.
    RelativePointer(const Globals& globals, wl_pointer* pointer, RelativePointerListener& listener);
    RelativePointer(const RelativePointer&) = delete;
    RelativePointer& operator=(const RelativePointer&) = delete;

private:
    static const zwp_relative_pointer_v1_listener kListener;

    RelativePointerListener& listener_;
    Proxy<zwp_relative_pointer_v1> proxy_;
};

}  // namespace oriel::wayland
