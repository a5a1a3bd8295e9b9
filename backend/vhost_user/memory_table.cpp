// SPDX-License-Identifier: MIT
#include "memory_table.h"

#include <algorithm>
#include <utility>

namespace oriel::vhost_user {

Result<void> MemoryTable::replace(std::span<const MemoryRegion> regions,
                                  std::span<UniqueFd> files) {
    regions_.clear();
    memory_.unmap(0, UINT64_MAX);
    for (size_t i = 0; i < regions.size(); ++i) {
        if (auto added = add(regions[i], std::move(files[i])); !added) {
            regions_.clear();
            memory_.unmap(0, UINT64_MAX);
            memory_.release_unused();
            return added;
        }
    }
    memory_.release_unused();
    return {};
}

Result<void> MemoryTable::add(const MemoryRegion& region, UniqueFd file) {
    uint64_t end = 0;
    if (regions_.size() >= kMaxRegions || __builtin_add_overflow(region.user, region.size, &end) ||
        std::any_of(regions_.begin(), regions_.end(), [&](const MemoryRegion& other) {
            return region.user < other.user + other.size && other.user < end;
        })) {
        return host_error("a region of the VMM's memory, {:#x} bytes at {:#x}, can't be taken",
                          region.size, region.user);
    }
    auto mapped = memory_.map(region.guest, region.size, std::move(file), region.offset, true);
    if (mapped) {
        regions_.push_back(region);
    }
    return mapped;
}

bool MemoryTable::remove(const MemoryRegion& region) {
    const auto it = std::find_if(regions_.begin(), regions_.end(), [&](const MemoryRegion& one) {
        return one.guest == region.guest && one.size == region.size && one.user == region.user;
    });
    if (it == regions_.end()) {
        return false;
    }
    regions_.erase(it);
    memory_.unmap(region.guest, region.size);
    memory_.release_unused();
    return true;
}

void MemoryTable::clear() {
    regions_.clear();
    memory_.clear();
    log_.forget();
}

Result<void> MemoryTable::share_log(const LogArea& area, const UniqueFd& file) {
    return log_.share(file, area.offset, area.size);
}

std::optional<uint64_t> MemoryTable::guest_address(uint64_t user) const {
    const auto it = std::find_if(regions_.begin(), regions_.end(), [&](const MemoryRegion& one) {
        return user >= one.user && user - one.user < one.size;
    });
    return it != regions_.end() ? std::optional{it->guest + (user - it->user)} : std::nullopt;
}

}  // namespace oriel::vhost_user
