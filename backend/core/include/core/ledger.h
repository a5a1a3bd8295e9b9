// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/unique_fd.h"

namespace oriel {

/// What a guest, and what is done for it, makes this process hold.
enum class HeldFor : uint8_t {
    kResources,    ///< what is known of each resource
    kBacking,      ///< the addresses of resources' pages
    kPictures,     ///< pixels in memory of our own: resources, copies of blobs, frames, cursors
    kCursors,      ///< images on their way to the presenter
    kVga,          ///< video memory, and what a text screen consists of
    kDmabufs,      ///< descriptors only: the pages are the guest's
    kRequests,     ///< commands that were read
    kRecordings,   ///< frames on their way to a recorder
    kState,        ///< for the process that goes on with the VM
    kGuestMemory,  ///< the VMM's, mapped here: not in held_in_all()
};
constexpr size_t kHeldFor = static_cast<size_t>(HeldFor::kGuestMemory) + 1;

[[nodiscard]] const char* to_string(HeldFor what);

struct Held {
    uint64_t bytes = 0;
    uint64_t descriptors = 0;

    Held& operator+=(const Held& other) {
        bytes += other.bytes;
        descriptors += other.descriptors;
        return *this;
    }
};

/// One who owns such bytes. The ledger asks its items when somebody wants to know, so that nothing
/// is counted while a guest draws, and what it says is what there is. One thread only.
class LedgerItem {
public:
    [[nodiscard]] virtual Held held() const = 0;

protected:
    explicit LedgerItem(HeldFor what);
    LedgerItem(const LedgerItem& other) : LedgerItem{other.what_} {}
    // Each stays where it is listed. NOLINTNEXTLINE(bugprone-unhandled-self-assignment)
    LedgerItem& operator=(const LedgerItem&) { return *this; }
    virtual ~LedgerItem();

private:
    friend Held held(HeldFor what);

    HeldFor what_;
    LedgerItem* before_ = nullptr;
    LedgerItem* next_ = nullptr;
};

/// What all items of a kind hold now.
[[nodiscard]] Held held(HeldFor what);
/// The same of each kind.
using HeldByKind = std::array<Held, kHeldFor>;
[[nodiscard]] HeldByKind held_by_kind();
/// What is held of this machine's memory, and of this process' descriptors.
[[nodiscard]] Held held_in_all(const HeldByKind& kinds = held_by_kind());

/// What the heap takes for one piece of so many bytes.
[[nodiscard]] uint64_t heap_bytes_of(uint64_t bytes);
/// What it takes for the rectangles of a Region.
[[nodiscard]] uint64_t heap_bytes_of_rects(size_t rects);
/// The memory that a memory file has: pages that nobody has written to have none.
[[nodiscard]] uint64_t file_bytes_of(const UniqueFd& file);

}  // namespace oriel
