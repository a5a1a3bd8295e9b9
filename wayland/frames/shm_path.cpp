// SPDX-License-Identifier: MIT
#include "frames/shm_path.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "frames/shm_buffer.h"

namespace oriel::wayland {

const wl_buffer_listener ShmPath::kListener{
    .release =
        [](void* data, wl_buffer*) {
            auto* buffer = static_cast<Buffer*>(data);
            buffer->owner.released(*buffer);
        },
};

bool ShmPath::Pool::held() const {
    return std::any_of(buffers.begin(), buffers.end(),
                       [](const Buffer& buffer) { return static_cast<bool>(buffer.lease); });
}

namespace {

int32_t to_int(uint32_t px) {
    return static_cast<int32_t>(px);
}

}  // namespace

ShmPath::ShmPath(EventLoop& loop, const Globals& globals, PathListener& listener)
    : globals_{globals}, listener_{listener}, copies_{loop, [this] { listener_.path_ready(); }} {}

ShmPath::~ShmPath() = default;

Readiness ShmPath::prepare(const FramebufferRef& framebuffer, const BufferShape& shape) {
    wanted_ = shape;
    if (held_ >= kMaxHeld) {
        return Readiness::kLater;
    }
    if (!copies_.complete(*framebuffer)) {
        return Readiness::kLater;
    }
    const auto& memory = framebuffer->storage();
    if (!memory) {
        return Readiness::kRefused;
    }
    if (wanted_ != BufferShape{}) {
        // The guest's own buffer is only read; a copy of another shape starts with buffers enough.
        const bool fits = copy_ && copy_->shape() == wanted_;
        return !fits || copy_->can_update() ? Readiness::kReady : Readiness::kLater;
    }
    // A raw VGA picture is rasterised first, a guest's own pixels are copied: that takes a buffer,
    // and may leave none for later.
    return memory->can_publish() ? Readiness::kReady : Readiness::kLater;
}

std::optional<ShownFrame> ShmPath::show(Surface& surface, const FramebufferRef& framebuffer,
                                        const Rect& source, const Region& damage) {
    const uint64_t copied_before = copy_ ? copy_->bytes_copied() : 0;
    ScaledCopy* scaled = nullptr;
    if (wanted_ != BufferShape{}) {
        scaled = copy(framebuffer, source, damage);
        const bool must = !wanted_.exact.empty();
        if (scaled == nullptr && (must || !framebuffer->storage()->can_publish())) {
            return std::nullopt;
        }
    } else {
        forget_copy();
    }
    BufferLease lease = scaled != nullptr ? scaled->publish() : framebuffer->storage()->publish();
    const Size size = lease.buffer()->size();
    const BufferShape shape = scaled != nullptr ? wanted_ : BufferShape{};
    Region changed = std::exchange(shape_, shape) != shape ? Region{source} : damage;
    if (scaled != nullptr) {
        changed = scaled_damage(changed, source, size);
    }
    const Rect part = scaled != nullptr ? Rect::of(size) : source;
    const ShmPart held = shm_part(globals_, *lease.buffer(), part, surface.can_scale());
    Buffer& buffer = buffer_for(pool_for(lease.buffer()), held.buffer);
    buffer.lease = std::move(lease);
    ++held_;
    shown_ = &buffer;
    if (held.crop) {
        surface.show_part(part);
    } else {
        surface.show_all();
        changed.translate(-to_int(part.x), -to_int(part.y));
    }
    wl_surface_attach(surface.proxy(), buffer.proxy.get(), 0, 0);
    changed.for_each([&](const Rect& rect) {
        wl_surface_damage_buffer(surface.proxy(), to_int(rect.x), to_int(rect.y),
                                 to_int(rect.width), to_int(rect.height));
    });
    surface.commit();
    prune();
    const uint64_t copied = scaled != nullptr ? scaled->bytes_copied() : 0;
    return ShownFrame{
        .way = "shm",
        .times = scaled != nullptr ? scaled->times() : 1,
        .filtered = scaled != nullptr && scaled->filtered(),
        // Another copy than before begins at 0.
        .bytes_copied = copied >= copied_before ? copied - copied_before : copied,
    };
}

void ShmPath::latched() {
    if (shown_ != nullptr) {
        shown_->lease.latched();
    }
}

ScaledCopy* ShmPath::copy(const FramebufferRef& framebuffer, const Rect& source, Region damage) {
    const MemoryBuffer& from = framebuffer->storage()->latest();
    if (!copy_ || copy_->size() != source.size() || copy_->shape() != wanted_) {
        forget_copy();
        auto made = ScaledCopy::create(source.size(), wanted_);
        if (!made) {
            if (log_limiter_.admit(SystemClock{}.now())) {
                log_warn("wayland", "{}: {}",
                         wanted_.exact.empty() ? "the compositor scales the picture"
                                               : "the picture can't be scaled, and isn't shown",
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
    copy_.reset();
    copy_of_ = 0;
}

void ShmPath::trim() {
    if (copy_) {
        copy_->trim();
    }
    prune();
}

void ShmPath::connection_lost() {
    shown_ = nullptr;
    held_ = 0;
    pools_.clear();
}

ShmPath::Pool& ShmPath::pool_for(const std::shared_ptr<MemoryBuffer>& memory) {
    if (Pool* const known = pools_.find(memory->id())) {
        return *known;
    }
    // There is room: prepare() has looked.
    Pool* const pool = pools_.make(memory->id(), memory);
    assert(pool != nullptr);
    pool->proxy.reset(wl_shm_create_pool(globals_.get<wl_shm>(), memory->fd(),
                                         static_cast<int32_t>(memory->byte_size())));
    return *pool;
}

ShmPath::Buffer& ShmPath::buffer_for(Pool& pool, const Rect& source) {
    for (Buffer& buffer : pool.buffers) {
        if (!buffer.lease && buffer.source == source) {
            return buffer;
        }
    }
    // Other parts of the same picture that nobody shows any more.
    pool.buffers.remove_if([](const Buffer& buffer) { return !buffer.lease; });
    size_t count = 0;
    pools_.for_each([&count](const Pool& each) { count += each.buffers.size(); });
    if (count >= FramebufferCache<Pool>::kMax) {
        // A guest shows many parts of one picture: other pictures make room.
        pools_.remove_if([&pool](const Pool& each) { return &each != &pool && !each.held(); });
    }
    Buffer& buffer = pool.buffers.emplace_back(Buffer{
        .owner = *this,
        .source = source,
        .lease = {},
        .proxy = make_shm_buffer(pool.proxy.get(), *pool.memory, source, WL_SHM_FORMAT_XRGB8888)});
    wl_buffer_add_listener(buffer.proxy.get(), &kListener, &buffer);
    return buffer;
}

void ShmPath::released(Buffer& buffer) {
    if (buffer.lease) {
        --held_;
    }
    buffer.lease.reset();
    if (shown_ == &buffer) {
        shown_ = nullptr;
    }
    prune();  // may end `buffer`
    listener_.path_ready();
}

void ShmPath::prune() {
    // A lease holds its buffer too, so whatever the compositor still has is kept.
    pools_.remove_if([](const Pool& pool) { return pool.memory.use_count() == 1; });
}

}  // namespace oriel::wayland
