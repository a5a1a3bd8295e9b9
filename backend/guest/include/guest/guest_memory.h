// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel::guest {

enum class Access : uint8_t { kRead, kWrite };

/// A piece of guest memory as this process sees it. The guest may change it at any time.
using HostSpan = std::span<std::byte>;

/// Where guest-physical addresses are in this process: the VMM's RAM files, each mapped once, and a
/// table from addresses to offsets in them.
///
/// The table changes at run time (firmware shadowing splits RAM and joins it again); epoch() tells.
/// Spans stay readable until the epoch changes.
class GuestMemory {
public:
    GuestMemory();
    GuestMemory(const GuestMemory&) = delete;
    GuestMemory& operator=(const GuestMemory&) = delete;
    ~GuestMemory();

    /// Adds [address, address + size) which lies at `offset` of `fd`. An invalid fd is fine: such a
    /// range exists but is not accessible (ROM, device memory, anonymous RAM). Fails, and changes
    /// nothing, when the range overflows, overlaps a live one, is not page-aligned, or is not all
    /// in the file.
    [[nodiscard]] Result<void> map(uint64_t address, uint64_t size, UniqueFd fd, uint64_t offset,
                                   bool writable);
    /// Removes every range inside [address, address + size). False when none was.
    bool unmap(uint64_t address, uint64_t size);
    /// The VMM is gone.
    void clear();

    /// Appends the pieces of [address, address + length) to `pieces`, joined where they are
    /// contiguous here. False, and nothing appended, if any byte is not accessible that way.
    [[nodiscard]] bool translate(uint64_t address, uint64_t length, Access access,
                                 std::vector<HostSpan>& pieces) const;

    /// Changes with every map(), unmap() and clear(): cached translations are void.
    [[nodiscard]] uint64_t epoch() const { return epoch_; }

    /// A RAM file shrank under us (see SigbusGuard): its contents are lost, the guest is not to be
    /// believed until it is reset.
    [[nodiscard]] bool damaged() const;

private:
    struct File;
    struct Range;
    std::vector<Range> ranges_;  // sorted by address, never overlapping
    std::vector<File> files_;
    uint64_t epoch_ = 1;
};

}  // namespace oriel::guest
