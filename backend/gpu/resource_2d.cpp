// SPDX-License-Identifier: MIT
#include "resource.h"

#include <utility>

#include "core/log.h"
#include "pixel_format.h"

namespace oriel::gpu {
namespace {

using wire::Type;

// A guest may transfer single pixels for ever without a flush: beyond this, one rectangle around
// them all does.
constexpr size_t kMaxDirtyRects = 128;

uint64_t next_serial() {
    static uint64_t last = 0;
    return ++last;
}

uint64_t host_bytes_of(Size size) {
    return MemoryBuffer::stride_for(size.width) * size.height;
}

/// Guests tend to claim the whole screen whatever changed; a small rectangle is worth believing.
Damage damage_of(const Rect& rect, Size size) {
    return rect.size().area() * 2 >= size.area() ? Damage::kCompare : Damage::kAsClaimed;
}

}  // namespace

Resource::Resource(uint32_t id, wire::Format format, Size size)
    : id_{id}, format_{format}, size_{size}, serial_{next_serial()} {}

bool Resource::make_pixels() {
    if (pixels_) {
        return true;
    }
    auto pixels = MemoryPixels::create(size_);
    if (!pixels) {
        // One for all resources: guests make new ones as fast as they like.
        static LogLimiter limiter;
        if (limiter.admit(SystemClock{}.now())) {
            log_error("gpu", "no memory for a {}x{} resource: {}", size_.width, size_.height,
                      pixels.error().message());
        }
        return false;
    }
    pixels_ = std::move(*pixels);
    return true;
}

FramebufferRef Resource::framebuffer() {
    if (!framebuffer_ && make_pixels()) {
        framebuffer_ = std::make_shared<Framebuffer>(pixels_, drm_format(format_));
    }
    return framebuffer_;
}

Type Resource::transfer(const guest::GuestMemory& memory, const Rect& rect, uint64_t offset) {
    if (!backing) {
        return Type::kErrUnspec;
    }
    if (!rect.inside(size_)) {
        return Type::kErrInvalidParameter;
    }
    if (rect.empty()) {
        return Type::kOkNodata;
    }
    const uint64_t stride = uint64_t{size_.width} * MemoryBuffer::kBytesPerPixel;
    const uint64_t length =
        (rect.height - 1) * stride + uint64_t{rect.width} * MemoryBuffer::kBytesPerPixel;
    if (!backing->accessible(memory, offset, length)) {
        return Type::kErrInvalidParameter;
    }
    if (!make_pixels()) {
        return Type::kErrOutOfMemory;
    }
    const Point origin{static_cast<int32_t>(rect.x), static_cast<int32_t>(rect.y)};
    TransferSource source{*backing, format_, origin, offset, stride};
    dirty_.add(pixels_->update(rect, source, damage_of(rect, size_)));
    if (dirty_.rect_count() > kMaxDirtyRects) {
        dirty_ = Region{dirty_.bounds()};
    }
    ++version_;
    return Type::kOkNodata;
}

const MemoryBuffer* Resource::picture() {
    return pixels_ ? &pixels_->latest() : nullptr;
}

Region Resource::take_dirty(const Region& part) {
    Region taken = dirty_;
    taken.intersect(part);
    dirty_.subtract(taken);
    return taken;
}

Resource* ResourceTable::find(uint32_t id) {
    const auto it = resources_.find(id);
    return it == resources_.end() ? nullptr : it->second.get();
}

Type ResourceTable::create(const command::ResourceCreate2d& create) {
    if (create.resource == 0 || find(create.resource) != nullptr) {
        return Type::kErrInvalidResourceId;
    }
    const uint64_t bytes = host_bytes_of(create.size);
    if (resources_.size() >= limits_.resources || bytes > limits_.host_bytes - host_bytes_) {
        return Type::kErrOutOfMemory;
    }
    resources_.emplace(create.resource,
                       std::make_unique<Resource>(create.resource, create.format, create.size));
    host_bytes_ += bytes;
    return Type::kOkNodata;
}

Type ResourceTable::attach(command::AttachBacking attach) {
    Resource* resource = find(attach.resource);
    if (resource == nullptr) {
        return Type::kErrInvalidResourceId;
    }
    if (resource->backing) {
        return Type::kErrUnspec;
    }
    if (attach.entries.size() > free_entries()) {
        return Type::kErrOutOfMemory;
    }
    Backing backing{std::move(attach.entries), limits_.backing_splits};
    if (!backing.accessible(memory_, 0, backing.byte_size())) {
        return backing.scattered() ? Type::kErrOutOfMemory : Type::kErrInvalidParameter;
    }
    backing_entries_ += backing.entry_count();
    resource->backing = std::move(backing);
    return Type::kOkNodata;
}

Type ResourceTable::detach(uint32_t id) {
    Resource* resource = find(id);
    if (resource == nullptr) {
        return Type::kErrInvalidResourceId;
    }
    if (!resource->backing) {
        return Type::kErrUnspec;
    }
    drop_backing(*resource);
    return Type::kOkNodata;
}

void ResourceTable::drop_backing(Resource& resource) {
    if (resource.backing) {
        backing_entries_ -= resource.backing->entry_count();
        resource.backing.reset();
    }
}

void ResourceTable::destroy(uint32_t id) {
    const auto it = resources_.find(id);
    if (it == resources_.end()) {
        return;
    }
    drop_backing(*it->second);
    host_bytes_ -= host_bytes_of(it->second->size());
    resources_.erase(it);
}

void ResourceTable::clear() {
    resources_.clear();
    host_bytes_ = 0;
    backing_entries_ = 0;
}

}  // namespace oriel::gpu
