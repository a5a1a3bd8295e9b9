// SPDX-License-Identifier: MIT
#include "scanout/vga_picture.h"

#include <utility>

#include "lazy_pixels.h"

namespace oriel {
namespace {

class RasterisedRows final : public RowSource {
public:
    explicit RasterisedRows(const VgaPicture& picture) : picture_{picture} {}
    const std::byte* row(uint32_t x, uint32_t y, uint32_t width, std::byte* scratch) override {
        picture_.rasterise(x, y, width, scratch);
        return scratch;
    }

private:
    const VgaPicture& picture_;
};

}  // namespace

const std::shared_ptr<MemoryPixels>& VgaPicture::pixels() {
    if (!pixels_) {
        pixels_ = make_lazy_pixels(data_.size);
        stale_ = Region{Rect::of(data_.size)};
    }
    if (pixels_) {
        RasterisedRows rows{*this};
        std::exchange(stale_, {}).for_each([&](const Rect& rect) {
            static_cast<void>(pixels_->update(rect, rows, Damage::kAsClaimed));
        });
    }
    return pixels_;
}

Held VgaPicture::held() const {
    const auto bytes = [](const auto& values) {
        return heap_bytes_of(values.capacity() * sizeof values.front());
    };
    return {heap_bytes_of(sizeof *this) + bytes(data_.grid) + bytes(data_.lines) +
                bytes(data_.font) + bytes(data_.versions.rows) +
                heap_bytes_of_rects(stale_.rect_count()),
            0};
}

void VgaPicture::changed(const Region& damage) {
    if (pixels_) {
        add_stale(stale_, damage);
    }
}

}  // namespace oriel
