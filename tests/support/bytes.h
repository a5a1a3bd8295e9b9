// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

namespace oriel::test {

using Bytes = std::vector<std::byte>;

[[nodiscard]] inline Bytes joined(std::span<const std::byte> a, std::span<const std::byte> b) {
    Bytes all(a.size() + b.size());
    std::copy(a.begin(), a.end(), all.begin());
    std::copy(b.begin(), b.end(), all.begin() + static_cast<std::ptrdiff_t>(a.size()));
    return all;
}

[[nodiscard]] inline Bytes bytes(std::initializer_list<int> values) {
    Bytes result;
    result.reserve(values.size());
    for (const int value : values) {
        result.push_back(static_cast<std::byte>(value));
    }
    return result;
}

}  // namespace oriel::test
