// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/geometry.h"
#include "core/result.h"
#include "scanout/memory_pixels.h"

namespace oriel {

// A picture of which each px is several px wide and high: what a compositor needs to show one at a
// whole multiple without blurring it. (A Wayland client can't choose how a viewport scales;
// compositors filter linearly.)

[[nodiscard]] constexpr Size magnified(Size size, uint32_t times) {
    return {size.width * times, size.height * times};
}
[[nodiscard]] constexpr Rect magnified(const Rect& rect, uint32_t times) {
    return {rect.x * times, rect.y * times, rect.width * times, rect.height * times};
}
[[nodiscard]] Region magnified(const Region& region, uint32_t times);

/// Writes each of the `count` pixels (4 bytes each) at `from` `times` times to `to`, which has room
/// for count * times + kMagnifySlack pixels: what comes after the last one is overwritten.
void magnify_row(std::byte* to, const std::byte* from, uint32_t count, uint32_t times);
inline constexpr uint32_t kMagnifySlack = 3;

/// A magnified copy of a part of a picture, in buffers of our own as MemoryPixels has them.
///
/// A px is read once and written times x times, past the caches where that is much: a full frame
/// costs what writing the larger buffer costs (tests/bench).
class MagnifiedPixels {
public:
    /// A black picture of `size` px, each `times` wide and high. Both sides are at most
    /// MemoryBuffer::kMaxSide in the magnified picture.
    [[nodiscard]] static Result<std::unique_ptr<MagnifiedPixels>> create(Size size, uint32_t times);

    [[nodiscard]] Size size() const { return size_; }
    [[nodiscard]] uint32_t times() const { return times_; }

    /// Takes `damage` (coordinates of `from`, inside `source`) over from a larger picture of which
    /// this is the `source` part, as large as size().
    void update(const MemoryBuffer& from, const Rect& source, const Region& damage);
    /// Whether there are buffers for one more update() and publish().
    [[nodiscard]] bool can_update() const { return pixels_->can_update_and_publish(); }
    /// MemoryPixels::publish() of magnified(size(), times()).
    [[nodiscard]] BufferLease publish() { return pixels_->publish(); }
    void trim() { pixels_->trim(); }

    [[nodiscard]] uint64_t bytes_copied() const { return pixels_->bytes_copied(); }
    [[nodiscard]] size_t buffer_count() const { return pixels_->buffer_count(); }

private:
    MagnifiedPixels(Size size, uint32_t times, std::shared_ptr<MemoryPixels> pixels);

    Size size_;
    uint32_t times_;
    std::shared_ptr<MemoryPixels> pixels_;
};

}  // namespace oriel
