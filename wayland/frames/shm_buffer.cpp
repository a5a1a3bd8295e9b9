// SPDX-License-Identifier: MIT
#include "frames/shm_buffer.h"

namespace oriel::wayland {

ShmPart shm_part(const Globals& globals, const MemoryBuffer& memory, const Rect& part,
                 bool can_crop) {
    const uint32_t columns = memory.stride() / MemoryBuffer::kBytesPerPixel;
    if (!globals.ignores_strides() || !can_crop || columns == part.width) {
        return {part, false};
    }
    return {{0, 0, columns, part.y + part.height}, true};
}

Proxy<wl_buffer> make_shm_buffer(wl_shm_pool* pool, const MemoryBuffer& memory, const Rect& buffer,
                                 uint32_t format) {
    const uint64_t offset =
        uint64_t{buffer.y} * memory.stride() + uint64_t{buffer.x} * MemoryBuffer::kBytesPerPixel;
    return Proxy<wl_buffer>{wl_shm_pool_create_buffer(
        pool, static_cast<int32_t>(offset), static_cast<int32_t>(buffer.width),
        static_cast<int32_t>(buffer.height), static_cast<int32_t>(memory.stride()), format)};
}

}  // namespace oriel::wayland
