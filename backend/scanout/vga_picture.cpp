// SPDX-License-Identifier: MIT
#include "scanout/vga_picture.h"

#include <utility>

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
    RasterisedRows rows{*this};
    std::exchange(stale_, {}).for_each([&](const Rect& rect) {
        static_cast<void>(pixels_->update(rect, rows, Damage::kAsClaimed));
    });
    return pixels_;
}

}  // namespace oriel
