// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "connection/globals.h"
#include "core/geometry.h"
#include "scanout/memory_buffer.h"

namespace oriel::wayland {

/// Something black, or half black, to attach: a small buffer that a viewport stretches, or, where
/// the compositor has no viewports, one of the full size. Its pixels never change, so releases
/// don't matter.
class BlackBuffer {
public:
    /// `globals` is lent and must outlive this. `alpha`: less than 255 lets through what is below.
    explicit BlackBuffer(const Globals& globals, uint8_t alpha = kOpaque)
        : globals_{globals}, alpha_{alpha} {}

    /// For a surface of `size` logical px. Null if there is no memory for it. Valid until the next
    /// call with another size.
    [[nodiscard]] wl_buffer* get(Size size);

private:
    static constexpr uint8_t kOpaque = 0xff;

    const Globals& globals_;
    uint8_t alpha_;
    Size size_;
    std::shared_ptr<MemoryBuffer> memory_;
    Proxy<wl_buffer> buffer_;
};

}  // namespace oriel::wayland
