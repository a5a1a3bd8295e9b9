// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/geometry.h"
#include "fuzz_input.h"

namespace oriel::test {

/// Numbers out of the input; zeros when it is used up.
class GpuInput {
public:
    GpuInput(const uint8_t* data, size_t size) : input_{data, size} {}
    [[nodiscard]] bool empty() const { return input_.empty(); }
    uint8_t byte() { return input_.take<uint8_t>(); }
    uint32_t below(uint32_t limit) { return input_.take<uint16_t>() % limit; }
    /// Mostly something that makes sense, sometimes anything.
    uint32_t number(uint32_t sensible) {
        return byte() < 240 ? below(sensible) : input_.take<uint32_t>();
    }
    uint64_t offset(uint64_t sensible) {
        return byte() < 240 ? input_.take<uint32_t>() % sensible : input_.take<uint64_t>();
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
    FuzzInput input_;
};

}  // namespace oriel::test
