// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace oriel {

/// Survives shared memory that shrinks under us. While a range is guarded, touching a page of it
/// that the file no longer has puts zero pages there (the whole range, private) instead of ending
/// the process, and `damaged()` turns true. A SIGBUS anywhere else keeps its default action.
///
/// At most `kMaxGuards` ranges at once; a guard beyond that is not active (`active()`).
class SigbusGuard {
public:
    static constexpr size_t kMaxGuards = 256;

    SigbusGuard() = default;
    /// The mapping must stay mapped as long as the guard lives.
    explicit SigbusGuard(std::span<std::byte> range);
    SigbusGuard(SigbusGuard&& other) noexcept;
    SigbusGuard& operator=(SigbusGuard&& other) noexcept;
    SigbusGuard(const SigbusGuard&) = delete;
    SigbusGuard& operator=(const SigbusGuard&) = delete;
    ~SigbusGuard();

    [[nodiscard]] bool active() const { return slot_ >= 0; }
    /// The range's file has shrunk and what is mapped here now is not the guest's memory any more.
    [[nodiscard]] bool damaged() const;

private:
    int slot_ = -1;
};

}  // namespace oriel
