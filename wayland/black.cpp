// SPDX-License-Identifier: MIT
#include "black.h"

#include <cstring>

#include "core/log.h"

namespace oriel::wayland {

wl_buffer* BlackBuffer::get(Size size) {
    const Size wanted = globals_.viewporter() != nullptr ? Size{1, 1} : size;
    if (buffer_ && size_ == wanted) {
        return buffer_.get();
    }
    if (globals_.viewporter() != nullptr && globals_.single_pixel() != nullptr) {
        buffer_.reset(wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
            globals_.single_pixel(), 0, 0, 0, UINT32_MAX));
        size_ = wanted;
        return buffer_.get();
    }
    auto memory = MemoryBuffer::create(wanted);
    if (!memory) {
        log_error("wayland", "{}", memory.error().message());
        return nullptr;
    }
    memory_ = std::move(*memory);
    if (wanted.area() == 1) {
        // Some captures of an output take the unused byte for alpha: opaque black.
        std::memset(memory_->row(0) + 3, 0xff, 1);
    }
    const Proxy<wl_shm_pool> pool{wl_shm_create_pool(globals_.shm(), memory_->fd(),
                                                     static_cast<int32_t>(memory_->byte_size()))};
    buffer_.reset(wl_shm_pool_create_buffer(
        pool.get(), 0, static_cast<int32_t>(wanted.width), static_cast<int32_t>(wanted.height),
        static_cast<int32_t>(memory_->stride()), WL_SHM_FORMAT_XRGB8888));
    size_ = wanted;
    return buffer_.get();
}

}  // namespace oriel::wayland
