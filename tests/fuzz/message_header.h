// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace oriel::test {

/// The input's first bytes as a stream's header; zeros where it is shorter.
template <class Header>
std::array<std::byte, sizeof(Header)> first_header(const uint8_t* data, size_t size) {
    std::array<std::byte, sizeof(Header)> header{};
    const auto bytes = std::as_bytes(std::span{data, std::min(size, header.size())});
    std::copy(bytes.begin(), bytes.end(), header.begin());
    return header;
}

}  // namespace oriel::test
