// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "connection/globals.h"
#include "core/geometry.h"
#include "scanout/memory_buffer.h"

namespace oriel::wayland {

/// Something black to attach: a small buffer that a viewport stretches, or, where the compositor
/// has no viewports, one of the full size. Its pixels never change, so releases don't matter.
class BlackBuffer {
public:
    /// `globals` is lent and must outlive this.
    explicit BlackBuffer(const Globals& globals) : globals_{globals} {}

    /// For a surface of `size` logical px. Null if there is no memory for it. Valid until the next
    /// call with another size.
    [[nodiscard]] wl_buffer* get(Size size);

private:
    const Globals& globals_;
    Size size_;
    std::shared_ptr<MemoryBuffer> memory_;
    Proxy<wl_buffer> buffer_;
};

}  // namespace oriel::wayland
