// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/unique_fd.h"
#include "guest/dirty_log.h"
#include "guest/guest_memory.h"
#include "vhost_user/protocol.h"

namespace oriel::vhost_user {

/// The memory that a front end has told of: puts it into the guest's memory map, and finds
/// addresses of the front end's own in it.
class MemoryTable {
public:
    /// What GET_MAX_MEM_SLOTS answers. QEMU has no more either.
    static constexpr size_t kMaxRegions = 509;

    /// `memory` is lent and must outlive this.
    explicit MemoryTable(guest::GuestMemory& memory) : memory_{memory} {}
    MemoryTable(const MemoryTable&) = delete;
    MemoryTable& operator=(const MemoryTable&) = delete;
    ~MemoryTable() { memory_.log_writes(nullptr); }

    /// Instead of all that was there, also while rings run in it. After a failure there is none.
    [[nodiscard]] Result<void> replace(std::span<const MemoryRegion> regions,
                                       std::span<UniqueFd> files);
    [[nodiscard]] Result<void> add(const MemoryRegion& region, UniqueFd file);
    /// False where there is no such region.
    [[nodiscard]] bool remove(const MemoryRegion& region);
    void clear();

    /// SET_LOG_BASE: where this process is to note what it has written, while log_writes() says so.
    [[nodiscard]] Result<void> share_log(const LogArea& area, const UniqueFd& file);
    void log_writes(bool yes) { memory_.log_writes(yes ? &log_ : nullptr); }
    /// SET_LOG_FD: an eventfd that doesn't block.
    void tell_log_by(UniqueFd eventfd) { log_.tell(std::move(eventfd)); }

    /// Where the guest has what the front end has at `user`.
    [[nodiscard]] std::optional<uint64_t> guest_address(uint64_t user) const;

private:
    guest::GuestMemory& memory_;
    guest::DirtyLog log_;
    std::vector<MemoryRegion> regions_;
};

}  // namespace oriel::vhost_user
