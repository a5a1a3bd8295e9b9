// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/geometry.h"

namespace oriel::test {

/// Numbers out of the input; zeros when it is used up.
class GpuInput {
public:
    GpuInput(const uint8_t* data, size_t size) : data_{data}, left_{size} {}
    [[nodiscard]] bool empty() const { return left_ == 0; }
    uint8_t byte() { return take<uint8_t>(); }
    uint32_t below(uint32_t limit) { return take<uint16_t>() % limit; }
    /// Mostly something that makes sense, sometimes anything.
    uint32_t number(uint32_t sensible) { return byte() < 240 ? below(sensible) : take<uint32_t>(); }
    uint64_t offset(uint64_t sensible) {
        return byte() < 240 ? take<uint32_t>() % sensible : take<uint64_t>();
    }
    Rect rect() { return {number(80), number(80), number(80), number(80)}; }
    /// Mostly one that lies in a picture of this size.
    Rect rect_in(Size size) {
        if (byte() < 32 || size.empty()) {
            return rect();
        }
        const uint32_t x = byte() % 4U * size.width / 8U;
        const uint32_t y = byte() % 4U * size.height / 8U;
        return {x, y, size.width - x, size.height - y};
    }
    std::vector<std::byte> bytes(size_t most) {
        std::vector<std::byte> all(below(static_cast<uint32_t>(most)));
        for (std::byte& b : all) {
            b = static_cast<std::byte>(byte());
        }
        return all;
    }

private:
    template <class T>
    T take() {
        T value{};
        const size_t here = std::min(sizeof value, left_);
        std::memcpy(&value, data_, here);
        data_ += here;
        left_ -= here;
        return value;
    }

    const uint8_t* data_;
    size_t left_;
};

}  // namespace oriel::test
