// SPDX-License-Identifier: MIT
#include "guest/stitched_mapping.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/core_dump.h"
#include "core/memfd.h"
#include "core/page_returner.h"

namespace oriel::guest {
namespace {

size_t g_pieces = 0;

/// 4 us each.
constexpr size_t kPiecesAtOnce = 256;

}  // namespace

Result<StitchedMapping> StitchedMapping::begin(std::vector<FileSpan> spans) {
    if (spans.empty() || spans.size() > kMaxPieces ||
        spans.size() > kMaxPiecesTogether - g_pieces) {
        return host_error("{} pieces of guest memory can't be mapped side by side", spans.size());
    }
    uint64_t length = 0;
    for (const FileSpan& span : spans) {
        if (span.length == 0 || (length | span.offset) % page_size() != 0) {
            return host_error("pieces of guest memory are not whole pages");
        }
        length += span.length;
    }
    Result<Mapping> reserved = Mapping::reserve(length);
    if (!reserved) {
        return tl::unexpected(reserved.error());
    }
    SigbusGuard guard{reserved->bytes()};
    if (!guard.active()) {
        return host_error("too many guarded mappings");
    }
    return StitchedMapping{std::move(*reserved), std::move(guard), std::move(spans)};
}

Result<bool> StitchedMapping::step() {
    const size_t end = std::min(mapped_ + kPiecesAtOnce, spans_.size());
    const size_t first_at = next_at_;
    for (; mapped_ < end; ++mapped_) {
        const FileSpan& span = spans_[mapped_];
        if (::mmap(mapping_.data() + next_at_, span.length, PROT_READ, MAP_SHARED | MAP_FIXED,
                   span.fd, static_cast<off_t>(span.offset)) == MAP_FAILED) {
            return system_error("map {} bytes of guest memory", span.length);
        }
        next_at_ += span.length;
    }
    keep_out_of_core_dump(mapping_.bytes().subspan(first_at, next_at_ - first_at));
    if (mapped_ < spans_.size()) {
        return false;
    }
    spans_ = {};
    mapped_ = 0;
    return true;
}

StitchedMapping::StitchedMapping(Mapping mapping, SigbusGuard guard, std::vector<FileSpan> spans)
    : mapping_{std::move(mapping)},
      guard_{std::move(guard)},
      pieces_{spans.size()},
      spans_{std::move(spans)} {
    g_pieces += pieces_;
}

StitchedMapping::StitchedMapping(StitchedMapping&& other) noexcept
    : mapping_{std::move(other.mapping_)},
      guard_{std::move(other.guard_)},
      pieces_{std::exchange(other.pieces_, 0)},
      spans_{std::move(other.spans_)},
      mapped_{other.mapped_},
      next_at_{other.next_at_} {}

StitchedMapping& StitchedMapping::operator=(StitchedMapping&& other) noexcept {
    // The guard that goes with the old mapping leaves with it, in this order.
    std::swap(guard_, other.guard_);
    std::swap(mapping_, other.mapping_);
    std::swap(pieces_, other.pieces_);
    std::swap(spans_, other.spans_);
    std::swap(mapped_, other.mapped_);
    std::swap(next_at_, other.next_at_);
    return *this;
}

StitchedMapping::~StitchedMapping() {
    g_pieces -= pieces_;
    // First: it must not watch addresses that are free.
    guard_ = {};
    PageReturner::give_back(std::move(mapping_));
}

size_t StitchedMapping::pieces_together() {
    return g_pieces;
}

}  // namespace oriel::guest
