// SPDX-License-Identifier: MIT
#include "frames/shm_path.h"

#include <algorithm>
#include <utility>

#include "frames/shm_buffer.h"

namespace oriel::wayland {

/// A wl_buffer. While the compositor holds it, it is never attached again: wl_buffer.release
/// doesn't say which of two attaches it ends.
struct ShmPath::Use {
    ShmPath* owner = nullptr;
    Rect source;
    BufferLease lease;
    Proxy<wl_buffer> buffer;
};

struct ShmPath::Pool {
    std::shared_ptr<MemoryBuffer> memory;
    Proxy<wl_shm_pool> pool;
    std::vector<std::unique_ptr<Use>> uses;
};

const wl_buffer_listener ShmPath::kListener{
    .release =
        [](void* data, wl_buffer*) {
            auto* use = static_cast<Use*>(data);
            auto& self = *use->owner;
            use->lease.reset();
            if (self.shown_ == use) {
                self.shown_ = nullptr;
            }
            self.prune();  // may end `use`
            self.events_.changed();
        },
};

namespace {

int32_t to_int(uint32_t px) {
    return static_cast<int32_t>(px);
}

}  // namespace

ShmPath::ShmPath(const Globals& globals, PathEvents events)
    : globals_{globals}, events_{std::move(events)} {}

ShmPath::~ShmPath() = default;

Readiness ShmPath::prepare(const FramebufferRef& framebuffer) {
    const auto& memory = framebuffer->memory();
    if (!memory) {
        return Readiness::kRefused;
    }
    if (wanted_times_ > 1) {
        // The guest's own buffer is only read; a copy of another size starts with buffers enough.
        const bool fits = copy_ && copy_->times() == wanted_times_;
        return !fits || copy_->can_update() ? Readiness::kReady : Readiness::kLater;
    }
    // A raw VGA picture is rasterised first, a guest's own pixels are copied: that takes a buffer,
    // and may leave none for later.
    return memory->can_publish() ? Readiness::kReady : Readiness::kLater;
}

std::optional<CommittedFrame> ShmPath::show(Surface& surface, const FramebufferRef& framebuffer,
                                            const Rect& source, const Region& damage) {
    MagnifiedPixels* larger = nullptr;
    if (wanted_times_ > 1) {
        larger = copy(framebuffer, source, damage);
        if (larger == nullptr && !framebuffer->memory()->can_publish()) {
            return std::nullopt;
        }
    } else {
        forget_copy();
    }
    BufferLease lease = larger != nullptr ? larger->publish() : framebuffer->memory()->publish();
    const uint32_t times = larger != nullptr ? larger->times() : 1;
    const Rect part = larger != nullptr ? Rect::of(lease.buffer()->size()) : source;
    const ShmPart held = shm_part(globals_, *lease.buffer(), part, surface.can_scale());
    Use& use = use_for(pool_for(lease.buffer()), held.buffer);
    use.lease = std::move(lease);
    shown_ = &use;
    if (held.crop) {
        surface.show_part(part);
    } else {
        surface.show_all();
    }
    // Of the buffer, in the guest's px.
    const Point origin =
        held.crop && larger == nullptr ? Point{} : Point{to_int(source.x), to_int(source.y)};
    wl_surface_attach(surface.proxy(), use.buffer.get(), 0, 0);
    const bool all = std::exchange(times_, times) != times;
    (all ? Region{source} : damage).for_each([&](const Rect& rect) {
        wl_surface_damage_buffer(surface.proxy(), (to_int(rect.x) - origin.x) * to_int(times),
                                 (to_int(rect.y) - origin.y) * to_int(times),
                                 to_int(rect.width * times), to_int(rect.height * times));
    });
    surface.commit();
    prune();
    return CommittedFrame{};
}

void ShmPath::latched() {
    if (shown_ != nullptr) {
        shown_->lease.latched();
    }
}

MagnifiedPixels* ShmPath::copy(const FramebufferRef& framebuffer, const Rect& source,
                               Region damage) {
    const MemoryBuffer& from = framebuffer->memory()->latest();
    if (!copy_ || copy_->size() != source.size() || copy_->times() != wanted_times_) {
        forget_copy();
        auto made = MagnifiedPixels::create(source.size(), wanted_times_);
        if (!made) {
            if (log_limiter_.admit(SystemClock{}.now())) {
                log_warn("wayland", "the compositor scales the picture: {}",
                         made.error().message());
            }
            return nullptr;
        }
        copy_ = std::move(*made);
    }
    const uint64_t generation = framebuffer->generation();
    if (std::exchange(copy_of_, generation) != generation ||
        std::exchange(copied_, source) != source) {
        copied_ = source;
        damage = Region{source};
    }
    copy_->update(from, source, damage);
    return copy_.get();
}

void ShmPath::forget_copy() {
    if (copy_) {
        bytes_copied_before_ += copy_->bytes_copied();
        copy_.reset();
    }
    copy_of_ = 0;
}

void ShmPath::trim() {
    if (copy_) {
        copy_->trim();
    }
    prune();
}

uint64_t ShmPath::bytes_copied() const {
    return bytes_copied_before_ + (copy_ ? copy_->bytes_copied() : 0);
}

void ShmPath::connection_lost() {
    shown_ = nullptr;
    pools_.clear();
}

size_t ShmPath::buffer_count() const {
    size_t count = 0;
    for (const auto& pool : pools_) {
        count += pool->uses.size();
    }
    return count;
}

ShmPath::Pool& ShmPath::pool_for(const std::shared_ptr<MemoryBuffer>& memory) {
    const auto known = std::find_if(pools_.begin(), pools_.end(), [&](const auto& pool) {
        return pool->memory->id() == memory->id();
    });
    if (known != pools_.end()) {
        return **known;
    }
    auto pool = std::make_unique<Pool>();
    pool->memory = memory;
    pool->pool.reset(wl_shm_create_pool(globals_.get<wl_shm>(), memory->fd(),
                                        static_cast<int32_t>(memory->byte_size())));
    pools_.push_back(std::move(pool));
    return *pools_.back();
}

ShmPath::Use& ShmPath::use_for(Pool& pool, const Rect& source) {
    for (const auto& use : pool.uses) {
        if (!use->lease && use->source == source) {
            return *use;
        }
    }
    // Other parts of the same picture that nobody shows any more.
    std::erase_if(pool.uses, [&](const auto& use) { return !use->lease && use->source != source; });
    auto use = std::make_unique<Use>();
    use->owner = this;
    use->source = source;
    use->buffer = make_shm_buffer(pool.pool.get(), *pool.memory, source, WL_SHM_FORMAT_XRGB8888);
    wl_buffer_add_listener(use->buffer.get(), &kListener, use.get());
    pool.uses.push_back(std::move(use));
    return *pool.uses.back();
}

void ShmPath::prune() {
    // A lease holds its buffer too, so whatever the compositor still has is kept.
    std::erase_if(pools_, [](const auto& pool) { return pool->memory.use_count() == 1; });
}

}  // namespace oriel::wayland
