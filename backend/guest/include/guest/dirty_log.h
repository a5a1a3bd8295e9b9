// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "core/guarded_mapping.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel::guest {

/// Which pages of guest memory were written here, for a VMM that copies the memory meanwhile (a
/// migration): a bitmap in a file of the VMM's, a bit for each page. The VMM clears bits.
class DirtyLog {
public:
    /// Whatever this machine's pages are.
    static constexpr uint64_t kPage = 4096;
    /// For 32 TiB of guest memory.
    static constexpr uint64_t kMaxBytes = uint64_t{1} << 30;

    /// From now on the bitmap is that one. After a failure it is the one that it was.
    [[nodiscard]] Result<void> share(const UniqueFd& file, uint64_t offset, uint64_t size);
    /// An eventfd that doesn't block, signalled when a bit was set; empty: nobody waits for that.
    void tell(UniqueFd eventfd) { changed_ = std::move(eventfd); }
    void forget();

    /// [address, address + length) is written. Pages beyond the bitmap's end are nobody's.
    void mark(uint64_t address, uint64_t length) const;

private:
    std::optional<GuardedMapping> bitmap_;
    UniqueFd changed_;
};

}  // namespace oriel::guest
