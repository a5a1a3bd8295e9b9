// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <variant>

#include "core/geometry.h"
#include "core/result.h"
#include "scanout/linear_pixels.h"
#include "scanout/magnified_pixels.h"
#include "surface/scale.h"

namespace oriel::wayland {

/// A copy of a picture in a buffer of another shape: each px several times, or, where that can't
/// be, filtered linearly.
class ScaledCopy {
public:
    /// For pictures of `size` px.
    [[nodiscard]] static Result<std::unique_ptr<ScaledCopy>> create(Size size,
                                                                    const BufferShape& shape);

    [[nodiscard]] Size size() const { return size_; }
    [[nodiscard]] const BufferShape& shape() const { return shape_; }
    /// How often each px is there, both ways; 1 where they are filtered.
    [[nodiscard]] uint32_t times() const { return filtered() ? 1 : shape_.times; }
    [[nodiscard]] bool filtered() const { return copy_.index() == 1; }

    // As MagnifiedPixels has them:
    void update(const MemoryBuffer& from, const Rect& source, const Region& damage) {
        std::visit([&](auto& copy) { copy->update(from, source, damage); }, copy_);
    }
    [[nodiscard]] bool can_update() const {
        return std::visit([](const auto& copy) { return copy->can_update(); }, copy_);
    }
    [[nodiscard]] BufferLease publish() {
        return std::visit([](auto& copy) { return copy->publish(); }, copy_);
    }
    void trim() {
        std::visit([](auto& copy) { copy->trim(); }, copy_);
    }
    [[nodiscard]] uint64_t bytes_copied() const {
        return std::visit([](const auto& copy) { return copy->bytes_copied(); }, copy_);
    }

private:
    using Copy = std::variant<std::unique_ptr<MagnifiedPixels>, std::unique_ptr<LinearPixels>>;

    ScaledCopy(Size size, const BufferShape& shape, Copy copy)
        : size_{size}, shape_{shape}, copy_{std::move(copy)} {}

    Size size_;
    BufferShape shape_;
    Copy copy_;
};

}  // namespace oriel::wayland
