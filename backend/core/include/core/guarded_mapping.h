// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/mapping.h"
#include "core/result.h"
#include "core/sigbus_guard.h"

namespace oriel {

/// A piece of a file of somebody else's, who may cut it at any time: there are zeros then, and
/// nobody else sees what is written.
class GuardedMapping {
public:
    /// To read and to write. All of it has to be in the file, which is a plain one (a memfd is);
    /// `offset` is a multiple of the page size. `fd` is lent.
    [[nodiscard]] static Result<GuardedMapping> map(int fd, uint64_t offset, uint64_t size);

    GuardedMapping(GuardedMapping&&) noexcept = default;
    GuardedMapping& operator=(GuardedMapping&&) = delete;
    GuardedMapping(const GuardedMapping&) = delete;
    GuardedMapping& operator=(const GuardedMapping&) = delete;
    ~GuardedMapping() = default;

    [[nodiscard]] std::span<std::byte> bytes() const { return mapping_.bytes(); }

private:
    GuardedMapping(Mapping mapping, SigbusGuard guard)
        : mapping_{std::move(mapping)}, guard_{std::move(guard)} {}

    Mapping mapping_;
    SigbusGuard guard_;  // below the mapping: gone before it
};

}  // namespace oriel
