// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/geometry.h"
#include "core/result.h"
#include "scanout/memory_pixels.h"

namespace oriel {

// A picture at any other size, filtered linearly: what a compositor that has no wp_viewporter can't
// make of it. At a whole multiple scanout/magnified_pixels.h is sharper and cheaper.

/// How many times larger `larger` is than `size`, the same both ways; 0 if that is no whole number.
[[nodiscard]] constexpr uint32_t whole_times(Size size, Size larger) {
    const uint32_t times = size.empty() ? 0 : larger.width / size.width;
    return uint64_t{size.width} * times == larger.width &&
                   uint64_t{size.height} * times == larger.height
               ? times
               : 0;
}

/// Which px of `target` show anything of `damage` (inside `source`) when the `source` part of a
/// picture is shown there: at a whole multiple those that are made of it, otherwise also those
/// beside them, which the filter mixes with it.
[[nodiscard]] Region scaled_damage(const Region& damage, const Rect& source, Size target);

/// Pixels of 4 bytes, and where they lie.
struct PixelRows {
    const std::byte* first = nullptr;
    size_t stride = 0;  ///< bytes, a multiple of 4
    Size size;
    bool alpha = false;  ///< their fourth byte is premultiplied alpha
};

/// Writes the `part` of what `from` is at the size of `target` to `to`, whose rows are `stride`
/// bytes (a multiple of 4) apart. Beyond its edges `from` goes on as it is there.
void scale_linear(const PixelRows& from, Size target, const Rect& part, std::byte* to,
                  size_t stride);

/// A copy of a part of a picture at another size, in buffers of our own as MemoryPixels has them.
class LinearPixels {
public:
    /// A black picture of `target` px, to show pictures of `size` px. All sides are at most
    /// MemoryBuffer::kMaxSide, and none is 0.
    [[nodiscard]] static Result<std::unique_ptr<LinearPixels>> create(Size size, Size target);

    [[nodiscard]] Size size() const { return size_; }
    [[nodiscard]] Size target() const { return pixels_->size(); }

    /// Takes `damage` (coordinates of `from`, inside `source`) over from a larger picture of which
    /// this is the `source` part, as large as size().
    void update(const MemoryBuffer& from, const Rect& source, const Region& damage);
    /// Whether there are buffers for one more update() and publish().
    [[nodiscard]] bool can_update() const { return pixels_->can_update_and_publish(); }
    /// MemoryPixels::publish() of target().
    [[nodiscard]] BufferLease publish() { return pixels_->publish(); }
    void trim() { pixels_->trim(); }
    [[nodiscard]] uint64_t bytes_copied() const { return pixels_->bytes_copied(); }

private:
    LinearPixels(Size size, std::shared_ptr<MemoryPixels> pixels);

    Size size_;
    std::shared_ptr<MemoryPixels> pixels_;
};

}  // namespace oriel
