// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/geometry.h"
#include "core/ledger.h"
#include "core/mapping.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "record/record_wire.h"
#include "scanout/bounded_region.h"

namespace oriel::app {

/// The memory that frames go through to the process that writes them: a few pictures, each in a
/// sealed memfd of its own. Each knows where it is older than the screen, so that a frame costs
/// what has changed since that memory was used last, and not a whole picture.
///
/// A slot is *free*, or with the recorder from lend() until give_back().
class FrameSlots final : public LedgerItem {
public:
    FrameSlots() : LedgerItem{HeldFor::kRecordings} {}

    /// What the screen shows differs there (px of the picture) from before.
    void add_damage(const Region& damage);
    void add_damage_everywhere();

    /// A slot that the recorder hasn't got; nothing: it has all of them.
    [[nodiscard]] std::optional<uint32_t> free_slot() const;
    /// Makes a free slot as large as a picture, whose pixels are then to be written wherever
    /// stale() says. Rows have no padding.
    [[nodiscard]] Result<void> prepare(uint32_t slot, Size size);
    [[nodiscard]] std::byte* pixels(uint32_t slot) const { return slots_[slot].memory.data(); }
    [[nodiscard]] const Region& stale(uint32_t slot) const { return slots_[slot].stale.region(); }
    /// All of it is as the screen but for `also` (a cursor that was drawn over it).
    void updated(uint32_t slot, const Rect& also);

    struct Loan {
        uint64_t bytes = 0;   ///< of the slot's memory
        int new_memory = -1;  ///< lent; -1: the memory is what it was the last time
    };
    /// The recorder has it from now on.
    [[nodiscard]] Loan lend(uint32_t slot);
    /// False: the recorder hasn't got such a slot.
    [[nodiscard]] bool give_back(uint32_t slot);

    [[nodiscard]] Held held() const override;

private:
    struct Slot {
        UniqueFd file;
        Mapping memory;
        Size size;
        bool lent = false;
        bool told = false;  ///< the recorder has this memory
        BoundedRegion stale;
    };
    std::array<Slot, kFrameSlots> slots_;
};

}  // namespace oriel::app
