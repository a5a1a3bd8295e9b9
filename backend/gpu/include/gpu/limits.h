// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace oriel::gpu {

/// How much of the host one VM's graphics card may hold. A command that would go beyond is answered
/// ERR_OUT_OF_MEMORY.
struct Limits {
    /// Each that is drawn to holds one to four file descriptors.
    size_t resources = 1024;
    /// Pixels of 2D resources, and copies of blobs that were set as scanouts, counted once each,
    /// and as long as a presenter has them. (One that is shown in a window needs up to four times
    /// its size; memory that the guest never writes to is not allocated.)
    uint64_t host_bytes = uint64_t{384} << 20;
    /// Pieces of guest memory behind all resources together; about 40 bytes each.
    uint64_t backing_entries = uint64_t{5} << 16;
    /// Into how many more pieces than it has entries one resource's backing may fall, because
    /// entries reach across borders in the guest's memory map; about 24 bytes each. A machine has
    /// some tens of borders. Backing that goes over this when the map changes is as good as gone.
    size_t backing_splits = 256;
    /// Longest side of a cursor image, px.
    uint32_t cursor_side = 256;

    /// Enough for a console and a triple-buffered 4K desktop on each screen, in 4 KiB pages.
    [[nodiscard]] static Limits for_screens(uint32_t count) {
        Limits limits;
        limits.host_bytes = (uint64_t{256} << 20) + count * (uint64_t{128} << 20);
        limits.backing_entries = (uint64_t{4} << 16) + count * (uint64_t{1} << 16);
        return limits;
    }
    /// Another limit of memory, and of entries to match.
    void set_host_bytes(uint64_t bytes) {
        backing_entries =
            std::max<uint64_t>(1024, backing_entries * (bytes >> 20) / (host_bytes >> 20));
        host_bytes = bytes;
    }
};

}  // namespace oriel::gpu
