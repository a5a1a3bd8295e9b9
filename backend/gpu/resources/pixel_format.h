// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "gpu/protocol.h"

namespace oriel::gpu {

/// The DRM fourcc of the same byte order.
[[nodiscard]] uint32_t drm_format(wire::Format format);

/// Bytes are already in the order B, G, R, A/X that MemoryPixels holds.
[[nodiscard]] bool is_native(wire::Format format);

/// Rewrites `count` pixels (4 bytes each, any alignment) from `format` to the order B, G, R, A/X.
/// The fourth byte is kept in X formats as well: cursor images have their alpha there. `from` may
/// be `to`.
void convert_to_native(wire::Format format, const std::byte* from, std::byte* to, size_t count);

}  // namespace oriel::gpu
