// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace oriel::test {

/// A fuzzer's bytes as a source of decisions; zeros when they have run out.
class FuzzInput {
public:
    FuzzInput(const uint8_t* data, size_t size) : bytes_{std::as_bytes(std::span{data, size})} {}

    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    [[nodiscard]] size_t size() const { return bytes_.size(); }

    template <class T>
    T take() {
        static_assert(std::is_trivially_copyable_v<T>);
        T value{};
        const auto part = take_bytes(sizeof(T));
        std::copy(part.begin(), part.end(), std::as_writable_bytes(std::span{&value, 1}).begin());
        return value;
    }
    /// Fewer if fewer are left.
    std::span<const std::byte> take_bytes(size_t count) {
        const auto part = bytes_.first(std::min(count, bytes_.size()));
        bytes_ = bytes_.subspan(part.size());
        return part;
    }

private:
    std::span<const std::byte> bytes_;
};

}  // namespace oriel::test
