// SPDX-License-Identifier: MIT
#include "guest/dirty_log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

namespace oriel::guest {
namespace {

constexpr uint64_t kBits = 8;

/// Whether it was not set.
bool set_bit(std::byte& byte, uint64_t bit) {
    auto& bits = reinterpret_cast<uint8_t&>(byte);
    const auto mask = static_cast<uint8_t>(1U << bit);
    // After the page itself: whoever takes the bit reads what was written.
    return (std::atomic_ref{bits}.fetch_or(mask, std::memory_order_acq_rel) & mask) == 0;
}

}  // namespace

Result<void> DirtyLog::share(const UniqueFd& file, uint64_t offset, uint64_t size) {
    if (size > kMaxBytes) {
        return host_error("a dirty log of {} bytes, at most {}", size, kMaxBytes);
    }
    auto mapped = GuardedMapping::map(file.get(), offset, size);
    if (!mapped) {
        return tl::unexpected(mapped.error());
    }
    bitmap_.reset();
    bitmap_.emplace(std::move(*mapped));
    return {};
}

void DirtyLog::forget() {
    bitmap_.reset();
    changed_.reset();
}

void DirtyLog::mark(uint64_t address, uint64_t length) const {
    if (!bitmap_ || length == 0) {
        return;
    }
    const std::span<std::byte> bytes = bitmap_->bytes();
    const uint64_t pages = kBits * bytes.size();
    const uint64_t end = std::min((address + length - 1) / kPage + 1, pages);
    bool changed = false;
    for (uint64_t page = address / kPage; page < end; ++page) {
        changed |= set_bit(bytes[page / kBits], page % kBits);
    }
    if (changed && changed_) {
        const uint64_t one = 1;
        // A full counter means that it is signalled already.
        static_cast<void>(::write(changed_.get(), &one, sizeof one) == sizeof one);
    }
}

}  // namespace oriel::guest
