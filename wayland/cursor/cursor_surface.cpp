// SPDX-License-Identifier: MIT
#include "cursor/cursor_surface.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "frames/shm_buffer.h"
#include "scanout/linear_pixels.h"
#include "scanout/magnified_pixels.h"

namespace oriel::wayland {
namespace {

// One on screen, one latched, one to write: an animated cursor needs no more.
constexpr size_t kMaxSlots = 3;

}  // namespace

const wl_buffer_listener CursorSurface::kListener{
    .release =
        [](void* data, wl_buffer*) {
            auto* slot = static_cast<Slot*>(data);
            slot->busy = false;
            if (std::exchange(slot->owner->waiting_, false)) {
                slot->owner->listener_.cursor_buffer_free();
            }
        },
};

namespace {

void magnify(const std::byte* from, Size size, uint32_t times, MemoryBuffer& to) {
    const size_t stride = size_t{size.width} * MemoryBuffer::kBytesPerPixel;
    std::vector<std::byte> row(stride * times +
                               size_t{kMagnifySlack} * MemoryBuffer::kBytesPerPixel);
    for (uint32_t y = 0; y < size.height; ++y) {
        magnify_row(row.data(), from + y * stride, size.width, times);
        for (uint32_t i = 0; i < times; ++i) {
            std::memcpy(to.row(y * times + i), row.data(), stride * times);
        }
    }
}

}  // namespace

CursorSurface::CursorSurface(const Globals& globals, CursorSurfaceListener& listener)
    : globals_{globals},
      listener_{listener},
      surface_{wl_compositor_create_surface(globals.get<wl_compositor>())} {
    if (globals.get<wp_viewporter>() != nullptr) {
        viewport_.reset(wp_viewporter_get_viewport(globals.get<wp_viewporter>(), surface_.get()));
    }
}

bool CursorSurface::show(const std::shared_ptr<const CursorImage>& image,
                         const CursorPlacement& placed, Scale scale) {
    const Size size = placed.size;
    const uint32_t buffer_scale = viewport_ ? 1 : whole_scale(scale);
    const Size buffer =
        viewport_ ? magnified(image->size, placed.times) : magnified(size, buffer_scale);
    bool changed = image != shown_ || buffer != buffer_size_;
    if (changed && !attach(*image, placed.times, buffer)) {
        waiting_ = true;
        return false;
    }
    buffer_size_ = buffer;
    if (std::exchange(buffer_scale_, buffer_scale) != buffer_scale) {
        wl_surface_set_buffer_scale(surface_.get(), static_cast<int32_t>(buffer_scale));
        changed = true;
    }
    if (viewport_ && size_ != size) {
        wp_viewport_set_destination(viewport_.get(), static_cast<int32_t>(size.width),
                                    static_cast<int32_t>(size.height));
        size_ = size;
        changed = true;
    }
    if (changed) {
        wl_surface_commit(surface_.get());
    }
    shown_ = image;
    return true;
}

CursorSurface::Slot* CursorSurface::free_slot(Size size) {
    std::erase_if(slots_,
                  [size](const auto& slot) { return !slot->busy && slot->memory->size() != size; });
    const auto free =
        std::find_if(slots_.begin(), slots_.end(), [](const auto& slot) { return !slot->busy; });
    if (free != slots_.end()) {
        return free->get();
    }
    if (slots_.size() >= kMaxSlots) {
        return nullptr;
    }
    auto memory = MemoryBuffer::create(size);
    if (!memory) {
        if (log_limiter_.admit(SystemClock{}.now())) {
            log_error("wayland", "no cursor: {}", memory.error().message());
        }
        return nullptr;
    }
    auto slot = std::make_unique<Slot>();
    slot->owner = this;
    slot->memory = std::move(*memory);
    const Proxy<wl_shm_pool> pool{
        wl_shm_create_pool(globals_.get<wl_shm>(), slot->memory->fd(),
                           static_cast<int32_t>(slot->memory->byte_size()))};
    const ShmPart part = shm_part(globals_, *slot->memory, Rect::of(size), viewport_ != nullptr);
    slot->crop = part.crop;
    slot->buffer = make_shm_buffer(pool.get(), *slot->memory, part.buffer, WL_SHM_FORMAT_ARGB8888);
    wl_buffer_add_listener(slot->buffer.get(), &kListener, slot.get());
    slots_.push_back(std::move(slot));
    return slots_.back().get();
}

bool CursorSurface::attach(const CursorImage& image, uint32_t times, Size buffer) {
    Slot* slot = free_slot(buffer);
    if (slot == nullptr || image.pixels.size() < image.size.area()) {
        return false;
    }
    MemoryBuffer& to = *slot->memory;
    const auto* pixels = reinterpret_cast<const std::byte*>(image.pixels.data());
    const size_t stride = size_t{image.size.width} * MemoryBuffer::kBytesPerPixel;
    if (buffer != magnified(image.size, times)) {
        scale_linear({.first = pixels, .stride = stride, .size = image.size, .alpha = true}, buffer,
                     Rect::of(buffer), to.row(0), to.stride());
    } else {
        magnify(pixels, image.size, times, to);
    }
    source_.set(viewport_.get(),
                slot->crop ? std::optional{Rect::of(slot->memory->size())} : std::nullopt);
    slot->busy = true;
    wl_surface_attach(surface_.get(), slot->buffer.get(), 0, 0);
    wl_surface_damage_buffer(surface_.get(), 0, 0, INT32_MAX, INT32_MAX);
    return true;
}

}  // namespace oriel::wayland
