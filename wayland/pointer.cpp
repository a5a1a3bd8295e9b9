// SPDX-License-Identifier: MIT
#include "pointer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/log.h"
#include "scale.h"

namespace oriel::wayland {
namespace {

// One on screen, one latched, one to write: an animated cursor needs no more.
constexpr size_t kMaxSlots = 3;

}  // namespace

const wl_pointer_listener Pointer::kListener{
    .enter = [](void* data, wl_pointer*, uint32_t serial, wl_surface* surface, wl_fixed_t,
                wl_fixed_t) { static_cast<Pointer*>(data)->enter(serial, surface); },
    .leave = [](void* data, wl_pointer*, uint32_t,
                wl_surface*) { static_cast<Pointer*>(data)->leave(); },
    .motion = [](void*, wl_pointer*, uint32_t, wl_fixed_t, wl_fixed_t) {},
    .button = [](void*, wl_pointer*, uint32_t, uint32_t, uint32_t, uint32_t) {},
    .axis = [](void*, wl_pointer*, uint32_t, uint32_t, wl_fixed_t) {},
    .frame = [](void*, wl_pointer*) {},
    .axis_source = [](void*, wl_pointer*, uint32_t) {},
    .axis_stop = [](void*, wl_pointer*, uint32_t, uint32_t) {},
    .axis_discrete = [](void*, wl_pointer*, uint32_t, int32_t) {},
};

const wl_buffer_listener Pointer::kBufferListener{
    .release =
        [](void* data, wl_buffer*) {
            auto* slot = static_cast<Slot*>(data);
            slot->busy = false;
            if (std::exchange(slot->owner->waiting_, false)) {
                slot->owner->refresh_cursor();
            }
        },
};

Pointer::Pointer(const Globals& globals, Proxy<wl_pointer> proxy, CursorLookup lookup)
    : globals_{globals},
      lookup_{std::move(lookup)},
      proxy_{std::move(proxy)},
      surface_{wl_compositor_create_surface(globals.compositor())} {
    wl_pointer_add_listener(proxy_.get(), &kListener, this);
    if (globals.viewporter() != nullptr) {
        viewport_.reset(wp_viewporter_get_viewport(globals.viewporter(), surface_.get()));
    }
}

void Pointer::enter(uint32_t serial, wl_surface* surface) {
    inside_ = surface;
    enter_serial_ = serial;
    // Each enter needs an answer: until then the cursor is whatever it was elsewhere.
    shown_.reset();
    hidden_ = false;
    refresh_cursor();
}

void Pointer::leave() {
    inside_ = nullptr;
}

void Pointer::hide() {
    if (!hidden_) {
        wl_pointer_set_cursor(proxy_.get(), enter_serial_, nullptr, 0, 0);
        hidden_ = true;
        shown_.reset();
    }
}

void Pointer::refresh_cursor() {
    GuestCursor cursor;
    if (inside_ == nullptr || !lookup_(inside_, cursor)) {
        return;
    }
    if (!cursor.image || cursor.image->size.empty()) {
        hide();
        return;
    }
    if (!viewport_) {
        cursor.shown = cursor.picture;  // nothing is scaled
    }
    const CursorPlacement placed =
        place_cursor(cursor.image->size, cursor.image->hotspot, cursor.picture, cursor.shown);
    bool changed = cursor.image != shown_;
    if (changed && !attach(*cursor.image)) {
        waiting_ = true;
        return;
    }
    if (viewport_ && size_ != placed.size) {
        wp_viewport_set_destination(viewport_.get(), static_cast<int32_t>(placed.size.width),
                                    static_cast<int32_t>(placed.size.height));
        size_ = placed.size;
        changed = true;
    }
    if (changed) {
        wl_surface_commit(surface_.get());
    }
    wl_pointer_set_cursor(proxy_.get(), enter_serial_, surface_.get(), placed.hotspot.x,
                          placed.hotspot.y);
    shown_ = std::move(cursor.image);
    hidden_ = false;
}

Pointer::Slot* Pointer::free_slot(Size size) {
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
    const Proxy<wl_shm_pool> pool{wl_shm_create_pool(
        globals_.shm(), slot->memory->fd(), static_cast<int32_t>(slot->memory->byte_size()))};
    slot->buffer.reset(wl_shm_pool_create_buffer(
        pool.get(), 0, static_cast<int32_t>(size.width), static_cast<int32_t>(size.height),
        static_cast<int32_t>(slot->memory->stride()), WL_SHM_FORMAT_ARGB8888));
    wl_buffer_add_listener(slot->buffer.get(), &kBufferListener, slot.get());
    slots_.push_back(std::move(slot));
    return slots_.back().get();
}

bool Pointer::attach(const CursorImage& image) {
    Slot* slot = free_slot(image.size);
    if (slot == nullptr || image.pixels.size() < image.size.area()) {
        return false;
    }
    for (uint32_t y = 0; y < image.size.height; ++y) {
        std::memcpy(slot->memory->row(y), image.pixels.data() + size_t{y} * image.size.width,
                    size_t{image.size.width} * MemoryBuffer::kBytesPerPixel);
    }
    slot->busy = true;
    wl_surface_attach(surface_.get(), slot->buffer.get(), 0, 0);
    wl_surface_damage_buffer(surface_.get(), 0, 0, INT32_MAX, INT32_MAX);
    return true;
}

}  // namespace oriel::wayland
