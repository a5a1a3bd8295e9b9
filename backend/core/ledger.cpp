// SPDX-License-Identifier: MIT
#include "core/ledger.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "core/memfd.h"

namespace oriel {
namespace {

/// The first item of each kind.
std::array<LedgerItem*, kHeldFor> g_items{};

LedgerItem*& first_of(HeldFor what) {
    return g_items.at(static_cast<size_t>(what));
}

}  // namespace

const char* to_string(HeldFor what) {
    switch (what) {
        case HeldFor::kResources:
            return "resources";
        case HeldFor::kBacking:
            return "backing";
        case HeldFor::kPictures:
            return "pictures";
        case HeldFor::kCursors:
            return "cursors";
        case HeldFor::kVga:
            return "vga";
        case HeldFor::kDmabufs:
            return "dmabufs";
        case HeldFor::kRequests:
            return "requests";
        case HeldFor::kRecordings:
            return "recordings";
        case HeldFor::kState:
            return "state";
        case HeldFor::kGuestMemory:
            return "guest_memory";
    }
    return "?";
}

LedgerItem::LedgerItem(HeldFor what) : what_{what}, next_{first_of(what)} {
    if (next_ != nullptr) {
        next_->before_ = this;
    }
    first_of(what_) = this;
}

LedgerItem::~LedgerItem() {
    (before_ != nullptr ? before_->next_ : first_of(what_)) = next_;
    if (next_ != nullptr) {
        next_->before_ = before_;
    }
}

Held held(HeldFor what) {
    Held sum;
    for (const LedgerItem* item = first_of(what); item != nullptr; item = item->next_) {
        sum += item->held();
    }
    return sum;
}

HeldByKind held_by_kind() {
    HeldByKind kinds;
    for (size_t i = 0; i < kHeldFor; ++i) {
        kinds.at(i) = held(static_cast<HeldFor>(i));
    }
    return kinds;
}

Held held_in_all(const HeldByKind& kinds) {
    Held sum;
    for (size_t i = 0; i < kHeldFor; ++i) {
        if (static_cast<HeldFor>(i) != HeldFor::kGuestMemory) {
            sum += kinds.at(i);
        }
    }
    return sum;
}

uint64_t heap_bytes_of(uint64_t bytes) {
    // glibc's malloc: a word before each piece, 32 bytes at least, and pages of its own for a large
    // one.
    constexpr uint64_t kOwnPages = uint64_t{128} << 10;
    if (bytes == 0) {
        return 0;
    }
    return bytes >= kOwnPages ? round_to_pages(bytes + 16)
                              : std::max<uint64_t>(32, (bytes + 8 + 15) / 16 * 16);
}

uint64_t heap_bytes_of_rects(size_t rects) {
    // pixman: a head, and the rectangles; one alone is in the region itself.
    constexpr uint64_t kRect = 16;
    return rects < 2 ? 0 : heap_bytes_of(kRect + rects * kRect);
}

uint64_t file_bytes_of(const UniqueFd& file) {
    struct stat status = {};
    constexpr uint64_t kBlock = 512;
    return file && ::fstat(file.get(), &status) == 0
               ? static_cast<uint64_t>(status.st_blocks) * kBlock
               : 0;
}

}  // namespace oriel
