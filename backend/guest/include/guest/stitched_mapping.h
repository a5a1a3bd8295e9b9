// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/ledger.h"
#include "core/mapping.h"
#include "core/result.h"
#include "core/sigbus_guard.h"
#include "guest/guest_memory.h"

namespace oriel::guest {

/// Pieces of guest memory mapped side by side, read-only, so that they read as one. It does not
/// follow the guest's memory map: whoever has one makes it anew when GuestMemory::epoch() changes.
///
/// Each piece is a mapping of its own for the kernel, and a process may have 65530 of those
/// (vm.max_map_count): so both one of these and all of them together are bounded.
class StitchedMapping {
public:
    /// A 4K picture in single pages fits.
    static constexpr size_t kMaxPieces = 8192;
    static constexpr size_t kMaxPiecesTogether = 24576;

    /// Nothing is mapped yet: step() does that, as a 4K picture in single pages takes 30 ms. The
    /// files are lent until the last step. Fails beyond the bounds, and where the pieces aren't
    /// whole pages (the last one may end within its page).
    [[nodiscard]] static Result<StitchedMapping> begin(std::vector<FileSpan> spans);
    /// Maps some more pieces, for 1 ms. True: they all are mapped. After an error it is of no use.
    [[nodiscard]] Result<bool> step();

    StitchedMapping(StitchedMapping&& other) noexcept;
    StitchedMapping& operator=(StitchedMapping&& other) noexcept;
    StitchedMapping(const StitchedMapping&) = delete;
    StitchedMapping& operator=(const StitchedMapping&) = delete;
    ~StitchedMapping();

    [[nodiscard]] std::span<const std::byte> bytes() const { return mapping_.bytes(); }
    /// A file shrank under it (see SigbusGuard): what is here now is not the guest's.
    [[nodiscard]] bool damaged() const { return guard_.damaged(); }

    /// What is on the heap of one that isn't complete yet.
    [[nodiscard]] uint64_t heap_bytes() const {
        return heap_bytes_of(spans_.capacity() * sizeof(FileSpan));
    }

    /// How many pieces all mappings that exist now have together.
    [[nodiscard]] static size_t pieces_together();

private:
    StitchedMapping(Mapping mapping, SigbusGuard guard, std::vector<FileSpan> spans);

    Mapping mapping_;
    SigbusGuard guard_;  // below the mapping: gone before it
    size_t pieces_ = 0;
    /// What is mapped in steps: all pieces, how many of them are mapped, where the next one goes.
    std::vector<FileSpan> spans_;
    size_t mapped_ = 0;
    size_t next_at_ = 0;
};

}  // namespace oriel::guest
