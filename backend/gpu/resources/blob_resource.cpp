// SPDX-License-Identifier: MIT
#include "resources/blob_resource.h"

#include <algorithm>
#include <utility>

#include "gpu/command.h"

namespace oriel::gpu {
namespace {

using wire::Type;

constexpr uint64_t cursor_bytes(uint32_t side) {
    return uint64_t{side} * side * MemoryBuffer::kBytesPerPixel;
}

}  // namespace

BlobResource::BlobResource(uint32_t id, uint64_t size, const guest::GuestMemory& memory,
                           guest::DmabufExporter& exporter)
    : Resource{id}, size_{size}, guest_memory_{memory}, exporter_{exporter} {}

BlobResource::~BlobResource() {
    detach();
}

Held BlobResource::held() const {
    constexpr uint64_t kCount = sizeof(std::shared_ptr<int>);
    return {heap_bytes_of(sizeof *this) +
                (memory_ ? heap_bytes_of(sizeof(BlobMemory) + kCount) : 0) +
                heap_bytes_of(pictures_.capacity() * sizeof(BlobPicture)) +
                pictures_.size() * (heap_bytes_of(sizeof(BlobPixels) + kCount) +
                                    heap_bytes_of(sizeof(Framebuffer) + kCount)),
            0};
}

Type BlobResource::attach(Backing backing) {
    if (size_ > backing.byte_size() || !backing.fit_for_blob()) {
        return Type::kErrInvalidParameter;
    }
    memory_ = std::make_shared<BlobMemory>(guest_memory_, exporter_, std::move(backing), size_);
    return Type::kOkNodata;
}

void BlobResource::detach() {
    pictures_.clear();
    if (memory_) {
        memory_->detach();
    }
}

const BlobPicture* BlobResource::find(const BlobLayout& layout) {
    if (std::exchange(epoch_, guest_memory_.epoch()) != guest_memory_.epoch()) {
        pictures_.clear();
    }
    const auto it = std::find_if(
        pictures_.begin(), pictures_.end(),
        [&](const BlobPicture& picture) { return picture.pixels->blob_layout() == layout; });
    if (it == pictures_.end()) {
        return nullptr;
    }
    std::rotate(it, it + 1, pictures_.end());
    return &pictures_.back();
}

tl::expected<BlobPicture, Type> BlobResource::make(const BlobLayout& layout,
                                                   HostBytes::Share share) {
    if (backing() == nullptr) {
        return tl::unexpected(Type::kErrUnspec);
    }
    if (layout.offset > size_ || layout.byte_size() > size_ - layout.offset) {
        return tl::unexpected(Type::kErrInvalidParameter);
    }
    if (memory_->readable(layout.offset, layout.byte_size()) == nullptr) {
        return tl::unexpected(Type::kErrInvalidParameter);
    }
    auto pixels = std::make_shared<BlobPixels>(memory_, layout, std::move(share));
    BlobPicture picture{std::make_shared<Framebuffer>(pixels), pixels};
    if (pictures_.size() == kMaxPictures) {
        pictures_.erase(pictures_.begin());
    }
    pictures_.push_back(picture);
    return picture;
}

void BlobResource::forget_idle_pictures() {
    std::erase_if(pictures_, [](const BlobPicture& picture) {
        return picture.framebuffer.use_count() == 1;  // ours
    });
}

uint64_t BlobResource::host_bytes() const {
    uint64_t bytes = 0;
    for (const BlobPicture& picture : pictures_) {
        bytes += host_bytes_of(picture.pixels->layout().size);
    }
    return bytes;
}

Type BlobResource::transfer(const guest::GuestMemory&, const Rect&, uint64_t, const Rect&) {
    return Type::kOkNodata;
}

bool BlobResource::can_flush(const Rect& rect) const {
    return rect.inside({kMaxResourceSide, kMaxResourceSide});
}

std::optional<Size> BlobResource::cursor_size() const {
    for (const uint32_t side : {128U, 256U}) {
        if (size_ == cursor_bytes(side)) {
            return Size{side, side};
        }
    }
    return size_ >= cursor_bytes(kCursorSide) ? std::optional{Size{kCursorSide, kCursorSide}}
                                              : std::nullopt;
}

bool BlobResource::read_cursor(std::span<uint32_t> pixels) {
    const auto bytes = std::as_writable_bytes(pixels);
    Backing* backing = memory_ ? memory_->readable(0, bytes.size()) : nullptr;
    if (backing == nullptr) {
        return false;
    }
    backing->copy(0, bytes.data(), bytes.size());
    return true;
}

}  // namespace oriel::gpu
