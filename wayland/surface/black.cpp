// SPDX-License-Identifier: MIT
#include "surface/black.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "core/log.h"

namespace oriel::wayland {
namespace {

/// How long a side must be that is stretched to `length`. One pixel would do, but for compositors
/// that draw with pixman: its scales are 16.16 fixed-point numbers, and the rounding of 1/1080
/// leaves the last five rows of a window without a pixel. An error of half a pixel needs length^2 /
/// 65536; twice that, as a power of two so that resizes make few buffers. Of longer sides than 8000
/// px some last rows may be missing.
uint32_t enough_for(uint32_t length) {
    constexpr uint32_t kLongestSide = 2048;
    return std::min(kLongestSide,
                    std::bit_ceil(static_cast<uint32_t>(uint64_t{length} * length / 32768) + 1));
}

}  // namespace

wl_buffer* BlackBuffer::get(Size size) {
    const bool stretched = globals_.get<wp_viewporter>() != nullptr;
    const bool single = stretched && globals_.get<wp_single_pixel_buffer_manager_v1>() != nullptr;
    Size wanted = size;
    if (single) {
        wanted = {1, 1};
    } else if (stretched) {
        wanted = {enough_for(size.width), enough_for(size.height)};
    }
    if (buffer_ && size_ == wanted) {
        return buffer_.get();
    }
    if (single) {
        buffer_.reset(wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
            globals_.get<wp_single_pixel_buffer_manager_v1>(), 0, 0, 0, alpha_ * 0x0101'0101U));
        size_ = wanted;
        return buffer_.get();
    }
    auto memory = MemoryBuffer::create(wanted);
    if (!memory) {
        log_error("wayland", "{}", memory.error().message());
        return nullptr;
    }
    memory_ = std::move(*memory);
    if (stretched || alpha_ != kOpaque) {
        // Some captures of an output take the unused byte for alpha: opaque black.
        for (uint32_t y = 0; y < wanted.height; ++y) {
            for (uint32_t x = 0; x < wanted.width; ++x) {
                memory_->row(y)[x * MemoryBuffer::kBytesPerPixel + 3] = std::byte{alpha_};
            }
        }
    }
    const Proxy<wl_shm_pool> pool{wl_shm_create_pool(globals_.get<wl_shm>(), memory_->fd(),
                                                     static_cast<int32_t>(memory_->byte_size()))};
    buffer_.reset(wl_shm_pool_create_buffer(
        pool.get(), 0, static_cast<int32_t>(wanted.width), static_cast<int32_t>(wanted.height),
        static_cast<int32_t>(memory_->stride()),
        alpha_ == kOpaque ? WL_SHM_FORMAT_XRGB8888 : WL_SHM_FORMAT_ARGB8888));
    size_ = wanted;
    return buffer_.get();
}

}  // namespace oriel::wayland
