// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/ledger.h"
#include "gpu/command.h"
#include "gpu/protocol.h"
#include "guest/guest_memory.h"
#include "guest/stitched_mapping.h"
#include "resources/page_overlap.h"
#include "scanout/memory_pixels.h"

namespace oriel::gpu {

/// The guest pages behind a resource, as one string of bytes: addresses, copied out of the command
/// once, and where they are in this process, looked up again whenever the guest's memory map has
/// changed.
class Backing final : public LedgerItem {
public:
    /// `max_splits`: see Limits::backing_splits.
    Backing(std::vector<command::BackingEntry> entries, size_t max_splits);

    [[nodiscard]] uint64_t byte_size() const { return byte_size_; }
    [[nodiscard]] size_t entry_count() const { return entries_.size(); }
    [[nodiscard]] std::span<const command::BackingEntry> entries() const { return entries_; }

    /// Looks some entries up, and with `for_blob` whether they are fit for one: a step of what
    /// accessible() and fit_for_blob() do at once, a millisecond or two. True when all is done,
    /// unless the guest's memory map changes.
    [[nodiscard]] bool prepare_some(const guest::GuestMemory& memory, bool for_blob);
    /// Entries are whole pages, but for the end of the last one, and no page is there twice.
    [[nodiscard]] bool fit_for_blob();

    /// Whether all of [offset, offset + length) is in guest memory now. To be called before each
    /// use of copy() and find(), which rely on it.
    [[nodiscard]] bool accessible(const guest::GuestMemory& memory, uint64_t offset,
                                  uint64_t length);
    /// At the last accessible() the backing was in more pieces than allowed: nothing is accessible.
    [[nodiscard]] bool scattered() const { return scattered_; }

    /// Where [offset, offset + length) lies, if it is contiguous here, else null.
    [[nodiscard]] const std::byte* find(uint64_t offset, size_t length);
    /// Makes all of it contiguous here, until the guest's memory map changes, if that is possible:
    /// by mapping its pieces side by side, some at each call. True: it is done, or can't be. To be
    /// called before accessible().
    [[nodiscard]] bool stitch_some(const guest::GuestMemory& memory);

    /// Appends where the first `length` bytes (no more than there are) are in the VMM's files.
    /// False where that is not all in files that the guest may write to.
    [[nodiscard]] bool locate(const guest::GuestMemory& memory, uint64_t length,
                              std::vector<guest::FileSpan>& spans) const;

    /// Gathers [offset, offset + length) into `to`.
    void copy(uint64_t offset, std::byte* to, size_t length);

    [[nodiscard]] Held held() const override;

private:
    /// A piece that is contiguous in this process; `data` is null where nothing is accessible.
    struct Extent {
        uint64_t start = 0;  ///< in the backing
        uint64_t length = 0;
        const std::byte* data = nullptr;
        [[nodiscard]] uint64_t end() const { return start + length; }
    };

    void resolve(const guest::GuestMemory& memory);
    /// Whether there is something to be stitched, and it can be.
    [[nodiscard]] bool begin_stitching(const guest::GuestMemory& memory);
    /// The next `count` entries at most; true when all of them are looked up.
    [[nodiscard]] bool resolve_some(const guest::GuestMemory& memory, size_t count);
    /// False when that is a piece too many.
    [[nodiscard]] bool append(const std::byte* data, uint64_t length);
    [[nodiscard]] bool append_entry(const guest::GuestMemory& memory,
                                    const command::BackingEntry& entry,
                                    std::vector<guest::HostSpan>& pieces);
    /// The extent that holds `offset`, which is inside the backing.
    [[nodiscard]] const Extent& extent_at(uint64_t offset);

    std::vector<command::BackingEntry> entries_;
    uint64_t byte_size_ = 0;
    size_t max_extents_;
    bool scattered_ = false;
    bool missing_ = false;  // some of it is not accessible
    size_t resolved_ = 0;   // entries that are in extents_
    std::optional<PageOverlap> overlap_;
    std::optional<bool> fit_for_blob_;
    std::vector<Extent> extents_;  // in order, without gaps, from 0 to byte_size_
    size_t hint_ = 0;              // the extent found last: rows come in order
    uint64_t epoch_ = 0;           // of the memory map that extents_ are of
    std::optional<guest::StitchedMapping> stitched_;   // extents_ is one, and points there
    std::optional<guest::StitchedMapping> stitching_;  // to become stitched_
    bool stitch_tried_ = false;
};

/// Rows of a picture in guest memory: of a TRANSFER_TO_HOST_2D, or a whole one in a blob. `offset`
/// is where the rectangle's first pixel is in the backing, rows are `stride` bytes apart.
class TransferSource final : public RowSource {
public:
    /// `backing` is lent, was found accessible() for the whole transfer, and outlives this.
    TransferSource(Backing& backing, wire::Format format, Point origin, uint64_t offset,
                   uint64_t stride)
        : backing_{backing}, format_{format}, origin_{origin}, offset_{offset}, stride_{stride} {}

    [[nodiscard]] const std::byte* row(uint32_t x, uint32_t y, uint32_t width,
                                       std::byte* scratch) override;

private:
    Backing& backing_;
    wire::Format format_;
    Point origin_;
    uint64_t offset_;
    uint64_t stride_;
};

}  // namespace oriel::gpu
