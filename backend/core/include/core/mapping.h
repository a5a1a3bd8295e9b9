// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/result.h"

namespace oriel {

enum class MapAccess { kRead, kReadWrite };

/// A shared mapping of a file, unmapped when destroyed.
class Mapping {
public:
    Mapping() = default;
    Mapping(Mapping&& other) noexcept : bytes_{std::exchange(other.bytes_, {})} {}
    Mapping& operator=(Mapping&& other) noexcept {
        if (this != &other) {
            reset();
            bytes_ = std::exchange(other.bytes_, {});
        }
        return *this;
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() { reset(); }

    /// Maps `size` bytes at `offset` (a multiple of the page size) of `fd` (lent).
    [[nodiscard]] static Result<Mapping> map(int fd, uint64_t offset, size_t size,
                                             MapAccess access);

    /// Addresses for `size` bytes with nothing there: a place for mappings that are put side by
    /// side with MAP_FIXED, which go together with it.
    [[nodiscard]] static Result<Mapping> reserve(size_t size);

    [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
    [[nodiscard]] std::byte* data() const { return bytes_.data(); }
    [[nodiscard]] size_t size() const { return bytes_.size(); }
    [[nodiscard]] bool valid() const { return bytes_.data() != nullptr; }
    void reset();

private:
    std::span<std::byte> bytes_;
};

}  // namespace oriel
