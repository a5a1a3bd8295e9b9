// SPDX-License-Identifier: MIT
#include "cursor/cursor_surface.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "frames/shm_buffer.h"
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

CursorSurface::CursorSurface(const Globals& globals, CursorSurfaceListener& listener)
    : globals_{globals},
      listener_{listener},
      surface_{wl_compositor_create_surface(globals.get<wl_compositor>())} {
    if (globals.get<wp_viewporter>() != nullptr) {
        viewport_.reset(wp_viewporter_get_viewport(globals.get<wp_viewporter>(), surface_.get()));
    }
}

bool CursorSurface::show(const std::shared_ptr<const CursorImage>& image,
                         const CursorPlacement& placed) {
    const Size size = placed.size;
    const uint32_t times = viewport_ ? placed.times : 1;
    bool changed = image != shown_ || times != times_;
    if (changed && !attach(*image, times)) {
        waiting_ = true;
        return false;
    }
    times_ = times;
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
    const ShmPart part = shm_part(globals_, *slot->memory, Rect::of(size), can_scale());
    slot->crop = part.crop;
    slot->buffer = make_shm_buffer(pool.get(), *slot->memory, part.buffer, WL_SHM_FORMAT_ARGB8888);
    wl_buffer_add_listener(slot->buffer.get(), &kListener, slot.get());
    slots_.push_back(std::move(slot));
    return slots_.back().get();
}

bool CursorSurface::attach(const CursorImage& image, uint32_t times) {
    Slot* slot = free_slot(magnified(image.size, times));
    if (slot == nullptr || image.pixels.size() < image.size.area()) {
        return false;
    }
    const size_t bytes = size_t{image.size.width} * times * MemoryBuffer::kBytesPerPixel;
    std::vector<std::byte> row(bytes + size_t{kMagnifySlack} * MemoryBuffer::kBytesPerPixel);
    for (uint32_t y = 0; y < image.size.height; ++y) {
        const uint32_t* from = image.pixels.data() + size_t{y} * image.size.width;
        magnify_row(row.data(), reinterpret_cast<const std::byte*>(from), image.size.width, times);
        for (uint32_t i = 0; i < times; ++i) {
            std::memcpy(slot->memory->row(y * times + i), row.data(), bytes);
        }
    }
    source_.set(viewport_.get(),
                slot->crop ? std::optional{Rect::of(slot->memory->size())} : std::nullopt);
    slot->busy = true;
    wl_surface_attach(surface_.get(), slot->buffer.get(), 0, 0);
    wl_surface_damage_buffer(surface_.get(), 0, 0, INT32_MAX, INT32_MAX);
    return true;
}

}  // namespace oriel::wayland
