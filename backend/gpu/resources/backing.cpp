// SPDX-License-Identifier: MIT
#include "resources/backing.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "resources/pixel_format.h"

namespace oriel::gpu {
namespace {

/// Entries that are looked up in one step.
constexpr size_t kEntriesAtOnce = 8192;

}  // namespace

Backing::Backing(std::vector<command::BackingEntry> entries, size_t max_splits)
    : LedgerItem{HeldFor::kBacking},
      entries_{std::move(entries)},
      max_extents_{entries_.size() + max_splits} {
    for (const command::BackingEntry& entry : entries_) {
        byte_size_ += entry.length;  // at most 2^20 times 2^32: can't overflow
    }
}

bool Backing::append(const std::byte* data, uint64_t length) {
    missing_ |= data == nullptr;
    if (!extents_.empty()) {
        Extent& last = extents_.back();
        const bool both_missing = last.data == nullptr && data == nullptr;
        const bool adjacent = last.data != nullptr && data == last.data + last.length;
        if (both_missing || adjacent) {
            last.length += length;
            return true;
        }
    }
    if (extents_.size() == max_extents_) {
        return false;
    }
    const uint64_t start = extents_.empty() ? 0 : extents_.back().end();
    extents_.push_back({start, length, data});
    return true;
}

bool Backing::append_entry(const guest::GuestMemory& memory, const command::BackingEntry& entry,
                           std::vector<guest::HostSpan>& pieces) {
    if (entry.length == 0) {
        return true;
    }
    pieces.clear();
    if (!memory.translate(entry.address, entry.length, guest::Access::kRead, pieces)) {
        return append(nullptr, entry.length);
    }
    return std::all_of(pieces.begin(), pieces.end(), [this](guest::HostSpan piece) {
        return append(piece.data(), piece.size());
    });
}

bool Backing::resolve_some(const guest::GuestMemory& memory, size_t count) {
    if (epoch_ != memory.epoch()) {
        epoch_ = memory.epoch();
        extents_.clear();
        extents_.reserve(entries_.size());
        stitched_.reset();
        stitching_.reset();
        stitch_tried_ = false;
        scattered_ = false;
        missing_ = false;
        resolved_ = 0;
        hint_ = 0;
    }
    if (resolved_ == entries_.size()) {
        return true;
    }
    const size_t end = resolved_ + std::min(count, entries_.size() - resolved_);
    std::vector<guest::HostSpan> pieces;
    while (resolved_ < end) {
        if (!append_entry(memory, entries_[resolved_++], pieces)) {
            scattered_ = true;
            missing_ = true;
            extents_ = {{0, byte_size_, nullptr}};
            resolved_ = entries_.size();
        }
    }
    if (resolved_ < entries_.size()) {
        return false;
    }
    extents_.shrink_to_fit();
    return true;
}

void Backing::resolve(const guest::GuestMemory& memory) {
    static_cast<void>(resolve_some(memory, SIZE_MAX));
}

bool Backing::prepare_some(const guest::GuestMemory& memory, bool for_blob) {
    if (!resolve_some(memory, kEntriesAtOnce)) {
        return false;
    }
    if (!for_blob || fit_for_blob_) {
        return true;
    }
    if (!overlap_) {
        overlap_.emplace(entries_);
    }
    if (!overlap_->step()) {
        return false;
    }
    fit_for_blob_ = overlap_->fit();
    overlap_.reset();
    return true;
}

bool Backing::fit_for_blob() {
    if (!fit_for_blob_) {
        PageOverlap overlap{entries_};
        while (!overlap.step()) {
        }
        fit_for_blob_ = overlap.fit();
    }
    return *fit_for_blob_;
}

bool Backing::accessible(const guest::GuestMemory& memory, uint64_t offset, uint64_t length) {
    if (offset > byte_size_ || length > byte_size_ - offset) {
        return false;
    }
    resolve(memory);
    if (stitched_ && stitched_->damaged()) {
        return false;
    }
    if (!missing_) {
        return true;
    }
    const uint64_t end = offset + length;
    while (offset < end) {
        const Extent& extent = extent_at(offset);
        if (extent.data == nullptr) {
            return false;
        }
        offset = extent.end();
    }
    return true;
}

bool Backing::locate(const guest::GuestMemory& memory, uint64_t length,
                     std::vector<guest::FileSpan>& spans) const {
    for (const command::BackingEntry& entry : entries_) {
        const uint64_t here = std::min<uint64_t>(length, entry.length);
        if (here != 0 && !memory.locate(entry.address, here, guest::Access::kWrite, spans)) {
            return false;
        }
        length -= here;
    }
    return length == 0;
}

bool Backing::stitch_some(const guest::GuestMemory& memory) {
    // Another memory map ends what was begun, whose files may be closed.
    resolve(memory);
    if (!stitching_) {
        return !begin_stitching(memory);
    }
    const Result<bool> complete = stitching_->step();
    if (complete && !*complete) {
        return false;
    }
    if (complete) {
        extents_ = {{0, byte_size_, stitching_->bytes().data()}};
        stitched_ = std::move(stitching_);
        hint_ = 0;
    }
    stitching_.reset();
    return true;
}

bool Backing::begin_stitching(const guest::GuestMemory& memory) {
    if (extents_.size() < 2 || std::exchange(stitch_tried_, true)) {
        return false;
    }
    std::vector<guest::FileSpan> spans;
    if (!locate(memory, byte_size_, spans)) {
        return false;
    }
    auto begun = guest::StitchedMapping::begin(std::move(spans));
    if (begun) {
        stitching_.emplace(std::move(*begun));
    }
    return stitching_.has_value();
}

const Backing::Extent& Backing::extent_at(uint64_t offset) {
    assert(offset < byte_size_);
    const auto holds = [&](size_t index) {
        return index < extents_.size() && offset >= extents_[index].start &&
               offset < extents_[index].end();
    };
    if (holds(hint_ + 1)) {
        ++hint_;
    } else if (!holds(hint_)) {
        const auto after =
            std::upper_bound(extents_.begin(), extents_.end(), offset,
                             [](uint64_t at, const Extent& e) { return at < e.start; });
        hint_ = static_cast<size_t>(after - extents_.begin()) - 1;
    }
    return extents_[hint_];
}

const std::byte* Backing::find(uint64_t offset, size_t length) {
    const Extent& extent = extent_at(offset);
    return offset + length <= extent.end() ? extent.data + (offset - extent.start) : nullptr;
}

Held Backing::held() const {
    return {heap_bytes_of(entries_.capacity() * sizeof entries_.front()) +
                heap_bytes_of(extents_.capacity() * sizeof extents_.front()) +
                (stitching_ ? stitching_->heap_bytes() : 0),
            0};
}

void Backing::copy(uint64_t offset, std::byte* to, size_t length) {
    while (length != 0) {
        const Extent& extent = extent_at(offset);
        const size_t here = std::min<uint64_t>(length, extent.end() - offset);
        std::memcpy(to, extent.data + (offset - extent.start), here);
        offset += here;
        to += here;
        length -= here;
    }
}

const std::byte* TransferSource::row(uint32_t x, uint32_t y, uint32_t width, std::byte* scratch) {
    constexpr uint64_t kPixel = MemoryBuffer::kBytesPerPixel;
    const uint64_t at = offset_ + (y - static_cast<uint32_t>(origin_.y)) * stride_ +
                        (x - static_cast<uint32_t>(origin_.x)) * kPixel;
    const size_t bytes = width * kPixel;
    const std::byte* direct = backing_.find(at, bytes);
    if (is_native(format_)) {
        if (direct != nullptr) {
            return direct;
        }
        backing_.copy(at, scratch, bytes);
        return scratch;
    }
    if (direct == nullptr) {
        backing_.copy(at, scratch, bytes);
        direct = scratch;
    }
    convert_to_native(format_, direct, scratch, width);
    return scratch;
}

}  // namespace oriel::gpu
