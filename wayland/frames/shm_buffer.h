// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "connection/globals.h"
#include "core/geometry.h"
#include "protocol/core.h"
#include "scanout/memory_buffer.h"

namespace oriel::wayland {

/// A part of a picture in shared memory as a wl_buffer.
struct ShmPart {
    /// What the wl_buffer holds, in the picture's px.
    Rect buffer;
    /// Whether it holds more than the part, which a viewport must leave out: the part's place in
    /// the picture is then its place in the buffer, too.
    bool crop = false;
};

/// Usually the wl_buffer is the part, with the picture's stride. Where rows must be as long as the
/// buffer is wide (Globals::ignores_strides()) it has whole rows, if `can_crop`.
[[nodiscard]] ShmPart shm_part(const Globals& globals, const MemoryBuffer& memory, const Rect& part,
                               bool can_crop);

/// `buffer` of a picture, whose pool this is; `format` is a wl_shm_format.
[[nodiscard]] Proxy<wl_buffer> make_shm_buffer(wl_shm_pool* pool, const MemoryBuffer& memory,
                                               const Rect& buffer, uint32_t format);

}  // namespace oriel::wayland
