// SPDX-License-Identifier: MIT
#include "resources/resource_2d.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "resources/pixel_format.h"

namespace oriel::gpu {
namespace {

using wire::Type;

// A guest may transfer single pixels for ever without a flush: beyond this, one rectangle around
// them all does.
constexpr size_t kMaxDirtyRects = 128;

/// Pixels and what they take of the limit, which end together, whoever has them last.
struct SharedPixels {
    std::shared_ptr<MemoryPixels> pixels;
    HostBytes::Share share;
};

/// Guests tend to claim the whole screen whatever changed; a small rectangle is worth believing.
Damage damage_of(const Rect& rect, Size size) {
    return rect.size().area() * 2 >= size.area() ? Damage::kCompare : Damage::kAsClaimed;
}

}  // namespace

Resource2d::Resource2d(uint32_t id, wire::Format format, Size size, HostBytes::Share share)
    : Resource{id}, format_{format}, size_{size}, share_{std::move(share)} {}

Held Resource2d::held() const {
    return {heap_bytes_of(sizeof *this) + heap_bytes_of_rects(dirty_.rect_count()) +
                (pixels_ ? heap_bytes_of(sizeof(SharedPixels) + sizeof pixels_) : 0) +
                (framebuffer_ ? heap_bytes_of(sizeof(Framebuffer) + sizeof framebuffer_) : 0),
            0};
}

bool Resource2d::make_pixels() {
    if (pixels_) {
        return true;
    }
    auto pixels = MemoryPixels::create(size_);
    if (!pixels) {
        report_no_memory(size_, pixels.error());
        return false;
    }
    auto shared = std::make_shared<SharedPixels>();
    *shared = {std::move(*pixels), std::move(share_)};
    MemoryPixels* const there = shared->pixels.get();
    pixels_ = {std::move(shared), there};
    return true;
}

FramebufferRef Resource2d::framebuffer() {
    if (!framebuffer_ && make_pixels()) {
        framebuffer_ = std::make_shared<Framebuffer>(pixels_, drm_format(format_));
    }
    return framebuffer_;
}

Type Resource2d::attach(Backing backing) {
    backing_ = std::move(backing);
    return Type::kOkNodata;
}

Type Resource2d::transfer(const guest::GuestMemory& memory, const Rect& rect, uint64_t offset,
                          const Rect& whole) {
    if (!backing_) {
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
    if (!backing_->accessible(memory, offset, length)) {
        return Type::kErrInvalidParameter;
    }
    if (!make_pixels()) {
        return Type::kErrOutOfMemory;
    }
    const Point origin{static_cast<int32_t>(rect.x), static_cast<int32_t>(rect.y)};
    TransferSource source{*backing_, format_, origin, offset, stride};
    dirty_.add(pixels_->update(rect, source, damage_of(whole, size_)));
    if (dirty_.rect_count() > kMaxDirtyRects) {
        dirty_ = Region{dirty_.bounds()};
    }
    ++version_;
    return Type::kOkNodata;
}

bool Resource2d::read_cursor(std::span<uint32_t> pixels) {
    if (!pixels_) {
        std::fill(pixels.begin(), pixels.end(), 0);
        return true;
    }
    const MemoryBuffer& picture = pixels_->latest();
    for (uint32_t y = 0; y < size_.height; ++y) {
        std::memcpy(pixels.data() + size_t{y} * size_.width, picture.row(y),
                    size_t{size_.width} * sizeof(uint32_t));
    }
    return true;
}

Region Resource2d::take_dirty(const Region& part) {
    Region taken = dirty_;
    taken.intersect(part);
    dirty_.subtract(taken);
    return taken;
}

}  // namespace oriel::gpu
