// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/geometry.h"
#include "core/ledger.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "scanout/memory_pixels.h"
#include "scanout/pixel_layout.h"

namespace oriel {

/// Whether the CPU can read a picture. A GPU's tiled buffer can't be read.
enum class CpuView : uint8_t { kNone, kRows };

/// Pixels in memory that somebody else draws to (a guest, a VMM's GPU): a dma-buf for whoever can
/// take one, and for everybody else a copy in memory of our own, if the CPU can read them.
///
/// The device that has them derives from this. It must not write to them, and says by changed()
/// what has been flushed. Between a flush and its answer they are a presenter's to read; later the
/// guest may be drawing.
class DmabufPixels : public LedgerItem {
public:
    DmabufPixels(const DmabufPixels&) = delete;
    DmabufPixels& operator=(const DmabufPixels&) = delete;
    ~DmabufPixels() override = default;

    [[nodiscard]] const PixelLayout& layout() const { return layout_; }

    /// The dma-buf's files, one to four, exported by the first call and kept: lent. The layout's
    /// planes name them by index. The error is one line that says what is missing, what happens
    /// instead, and how to get it. Too few descriptors (EMFILE) may be enough at the next call.
    [[nodiscard]] const Result<std::vector<UniqueFd>>& files() const;
    /// Closes the files; the next files() exports again. For a presenter that doesn't show the
    /// picture any more: a guest must not be able to make this process hold a file for each.
    void close_files() const {
        if (files_ && *files_) {
            files_.reset();
        }
    }

    /// A sync_file that becomes readable (poll) when what was flushed last has been drawn; -1: it
    /// has been. Lent until the next flush. The files wait for it too where the kernel can tell
    /// them (Linux 6.0), so only whoever synchronises explicitly has to look here.
    [[nodiscard]] int acquire_fence() const;

    /// The picture in memory of our own: copies what has changed since the last call and nothing
    /// else, so a picture that nobody asks for is never copied. Null where the CPU can't read it,
    /// or the host has no memory for a copy (it is tried again by the next call); once there is a
    /// copy, it stays until drop_copy(). What can't be read any more (the guest has taken the
    /// memory away), or isn't drawn yet (acquire_fence()), stays as it was.
    [[nodiscard]] const std::shared_ptr<MemoryPixels>& pixels();
    /// Pixels that pixels() would copy now.
    [[nodiscard]] uint64_t uncopied() const;
    /// Copies some of them: of what had changed when the first of these pieces was copied. What is
    /// flushed later is in the next copy, so that a guest which never rests is shown all the same.
    /// Whether there is more to do; between two pieces storage() is no picture of any moment.
    bool copy_piece();
    [[nodiscard]] bool copy_under_way() const { return !to_copy_.empty(); }
    /// There were flushes while the last copy was made in pieces, which it lacks.
    [[nodiscard]] const Region& flushed_during_copy() const { return flushed_during_copy_; }
    /// Gives the copy's memory back; the next pixels() copies all.
    void drop_copy();
    /// The same memory as it is, for looking at its counters; null as long as there is no copy.
    [[nodiscard]] const std::shared_ptr<MemoryPixels>& storage() const { return copy_; }
    /// How often pixels() has copied anything.
    [[nodiscard]] uint64_t copies() const { return copies_; }
    /// Where what pixels() returns differs from what it was when copies() was `then`: guests tend
    /// to claim the whole screen, and copying compares. All of it where nobody remembers.
    [[nodiscard]] Region changed_since(uint64_t then) const;

    /// Without the copy, which is an item itself.
    [[nodiscard]] Held held() const override;

protected:
    explicit DmabufPixels(const PixelLayout& layout, CpuView view = CpuView::kRows);

    /// The files that the layout's planes name.
    [[nodiscard]] virtual Result<std::vector<UniqueFd>> export_files() const = 0;
    /// Called before rows(), again and again: does some 1 ms' worth of what that needs. True:
    /// nothing is left of it.
    [[nodiscard]] virtual bool prepare_rows() { return true; }
    /// Called for CpuView::kRows only: the rows to copy from, the uppermost first however they lie
    /// in memory, converted to memory order B, G, R, X/A; null if they can't be read now. Lent
    /// until the next call.
    [[nodiscard]] virtual RowSource* rows() = 0;

    /// These pixels (inside the picture) are not what they were. `acquire_fence`: a sync_file that
    /// is signalled when they are drawn; none: they are.
    void changed(const Region& damage, UniqueFd acquire_fence = {});

    /// What files() has exported; null while there are none.
    [[nodiscard]] const std::vector<UniqueFd>* open_files() const {
        return files_ && *files_ ? &**files_ : nullptr;
    }

private:
    [[nodiscard]] Result<std::vector<UniqueFd>> export_some() const;
    void give_fence(const std::vector<UniqueFd>& files) const;
    [[nodiscard]] bool make_copy();
    [[nodiscard]] bool begin_copy();
    /// A copy has been made, or is no more; `found`: where the next look at it finds other pixels.
    void count_copy(Region found);

    PixelLayout layout_;
    CpuView view_;
    UniqueFd fence_;
    std::shared_ptr<MemoryPixels> copy_;
    /// Where the copy is older than the picture.
    Region stale_;
    /// What is still to be copied of a copy that is under way, and what was found to be different.
    Region to_copy_;
    Region differing_;
    /// The rows that are copied are compared first.
    bool compares_ = false;
    Region flushed_during_copy_;
    uint64_t copies_ = 0;
    /// What the last copies found, newest last.
    std::deque<Region> found_;
    mutable std::optional<Result<std::vector<UniqueFd>>> files_;
};

}  // namespace oriel
