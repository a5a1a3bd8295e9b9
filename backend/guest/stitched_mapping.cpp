// SPDX-License-Identifier: MIT
#include "guest/stitched_mapping.h"

#include <sys/mman.h>

#include <cstdint>
#include <utility>

#include "core/core_dump.h"
#include "core/memfd.h"

namespace oriel::guest {
namespace {

size_t g_pieces = 0;

}  // namespace

Result<StitchedMapping> StitchedMapping::map(std::span<const FileSpan> spans) {
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
    std::byte* at = reserved->data();
    for (const FileSpan& span : spans) {
        if (::mmap(at, span.length, PROT_READ, MAP_SHARED | MAP_FIXED, span.fd,
                   static_cast<off_t>(span.offset)) == MAP_FAILED) {
            return system_error("map {} bytes of guest memory", span.length);
        }
        at += span.length;
    }
    keep_out_of_core_dump(reserved->bytes());
    SigbusGuard guard{reserved->bytes()};
    if (!guard.active()) {
        return host_error("too many guarded mappings");
    }
    return StitchedMapping{std::move(*reserved), std::move(guard), spans.size()};
}

StitchedMapping::StitchedMapping(Mapping mapping, SigbusGuard guard, size_t pieces)
    : mapping_{std::move(mapping)}, guard_{std::move(guard)}, pieces_{pieces} {
    g_pieces += pieces_;
}

StitchedMapping::StitchedMapping(StitchedMapping&& other) noexcept
    : mapping_{std::move(other.mapping_)},
      guard_{std::move(other.guard_)},
      pieces_{std::exchange(other.pieces_, 0)} {}

StitchedMapping& StitchedMapping::operator=(StitchedMapping&& other) noexcept {
    // The guard that goes with the old mapping leaves with it, in this order.
    std::swap(guard_, other.guard_);
    std::swap(mapping_, other.mapping_);
    std::swap(pieces_, other.pieces_);
    return *this;
}

StitchedMapping::~StitchedMapping() {
    g_pieces -= pieces_;
}

size_t StitchedMapping::pieces_together() {
    return g_pieces;
}

}  // namespace oriel::guest
