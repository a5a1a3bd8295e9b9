// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "gpu/command.h"

namespace oriel::gpu {

/// Whether entries are fit for a blob: whole pages, but for the end of the last one, and no page
/// twice. A guest may bring hundreds of thousands in any order, so that sorting them takes tens of
/// milliseconds: it is done in steps of one or two.
class PageOverlap {
public:
    /// `entries` are lent, stay where they are, and outlive this.
    explicit PageOverlap(std::span<const command::BackingEntry> entries) : entries_{entries} {}

    /// True when it is known; then there are no more steps.
    [[nodiscard]] bool step();
    [[nodiscard]] bool fit() const { return fit_; }

private:
    /// Whole pages, and whether they are in order.
    [[nodiscard]] bool look_at_some();
    [[nodiscard]] bool sort_some();

    std::span<const command::BackingEntry> entries_;
    std::vector<command::BackingEntry> sorted_;
    bool fit_ = true;
    bool in_order_ = true;
    size_t at_ = 0;   // where this pass over the entries is
    size_t run_ = 0;  // as many are in order from each multiple of it on; 0: not sorting yet
};

}  // namespace oriel::gpu
