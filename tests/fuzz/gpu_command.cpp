// SPDX-License-Identifier: MIT
// The decoder of virtio-gpu commands on any bytes.
#include <cstdint>
#include <vector>

#include "gpu/command.h"
#include "harness.h"

namespace {

using oriel::test::require;

void decode_one(std::span<const std::byte> bytes, oriel::gpu::QueueKind queue) {
    using namespace oriel::gpu;
    constexpr size_t kMaxEntries = 64;
    const auto request = decode(bytes, queue, kMaxEntries);
    require(request.has_value() == (bytes.size() >= sizeof(wire::Header)));
    if (!request) {
        return;
    }
    if (!request->command) {
        require(request->command.error() >= wire::Type::kErrUnspec);
        return;
    }
    if (const auto* create = std::get_if<command::ResourceCreate2d>(&*request->command)) {
        require(!create->size.empty() && create->size.width <= kMaxResourceSide &&
                create->size.height <= kMaxResourceSide);
    }
    if (const auto* create = std::get_if<command::ResourceCreateBlob>(&*request->command)) {
        uint64_t backed = 0;
        for (const command::BackingEntry& entry : create->entries) {
            backed += entry.length;
        }
        require(create->size != 0 && create->size <= backed);
        require(create->entries.size() <= kMaxEntries);
    }
    if (const auto* set = std::get_if<command::SetScanoutBlob>(&*request->command);
        set != nullptr && set->resource != 0) {
        require(!set->size.empty() && set->size.width <= kMaxResourceSide &&
                set->size.height <= kMaxResourceSide);
        require(!set->source.empty() && set->source.inside(set->size));
        require(set->stride >= uint64_t{set->size.width} * 4);
    }
    if (const auto* attach = std::get_if<command::AttachBacking>(&*request->command)) {
        require(!attach->entries.empty() && attach->entries.size() <= kMaxEntries);
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    // A copy of exactly this size, so that a sanitizer sees a read beyond the end.
    const std::vector<uint8_t> copy(data, data + size);
    const auto bytes = std::as_bytes(std::span{copy});
    decode_one(bytes, oriel::gpu::QueueKind::kControl);
    decode_one(bytes, oriel::gpu::QueueKind::kCursor);
    // Random bytes seldom start with a command's type: put one there.
    if (size >= sizeof(oriel::gpu::wire::Header)) {
        std::vector<uint8_t> typed = copy;
        typed[0] = static_cast<uint8_t>(copy[0] % 16);
        typed[1] = (copy[1] & 1) != 0 ? 1 : 3;
        typed[2] = 0;
        typed[3] = 0;
        decode_one(std::as_bytes(std::span{typed}), oriel::gpu::QueueKind::kControl);
        decode_one(std::as_bytes(std::span{typed}), oriel::gpu::QueueKind::kCursor);
    }
}
