// SPDX-License-Identifier: MIT
#include "resources/page_overlap.h"

#include <algorithm>

namespace oriel::gpu {
namespace {

using command::BackingEntry;

/// The smallest page that any guest has.
constexpr uint64_t kGuestPage = 4096;
/// Entries of a step: a fraction of a millisecond.
constexpr size_t kAtOnce = 8192;

bool before(const BackingEntry& a, const BackingEntry& b) {
    return a.address < b.address;
}

bool overlap(const BackingEntry& a, const BackingEntry& b) {
    return b.address - a.address < a.length;  // sorted
}

}  // namespace

bool PageOverlap::step() {
    return run_ == 0 ? look_at_some() : sort_some();
}

bool PageOverlap::look_at_some() {
    const size_t end = std::min(at_ + kAtOnce, entries_.size());
    for (; at_ < end; ++at_) {
        const BackingEntry& entry = entries_[at_];
        const bool last = at_ + 1 == entries_.size();
        if (entry.length == 0 || entry.address % kGuestPage != 0 ||
            (!last && entry.length % kGuestPage != 0)) {
            fit_ = false;
            return true;
        }
        if (at_ > 0) {
            const BackingEntry& previous = entries_[at_ - 1];
            in_order_ = in_order_ && !before(entry, previous);
            if (in_order_ && overlap(previous, entry)) {
                fit_ = false;
                return true;
            }
        }
    }
    if (at_ < entries_.size()) {
        return false;
    }
    if (in_order_) {
        return true;
    }
    sorted_.assign(entries_.begin(), entries_.end());
    at_ = 0;
    run_ = kAtOnce;
    return false;
}

/// First pieces of kAtOnce are sorted, then pairs of runs are merged, until there is one run.
bool PageOverlap::sort_some() {
    const auto place = [this](size_t index) {
        return sorted_.begin() + static_cast<std::ptrdiff_t>(std::min(index, sorted_.size()));
    };
    const bool merging = run_ > kAtOnce;
    if (merging) {
        std::inplace_merge(place(at_), place(at_ + run_ / 2), place(at_ + run_), before);
    } else {
        std::sort(place(at_), place(at_ + run_), before);
    }
    at_ += run_;
    if (at_ < sorted_.size()) {
        return false;
    }
    if (run_ < sorted_.size()) {
        at_ = 0;
        run_ *= 2;
        return false;
    }
    fit_ = std::adjacent_find(sorted_.begin(), sorted_.end(), overlap) == sorted_.end();
    sorted_ = {};
    return true;
}

}  // namespace oriel::gpu
