// SPDX-License-Identifier: MIT
#include "control/cursor_drawing.h"

#include <span>

#include "scanout/memory_buffer.h"
#include "scanout/pixman_image.h"

namespace oriel::app {

void draw_cursor(std::byte* pixels, Size size, const CursorImage& cursor, Point hotspot) {
    if (cursor.size.empty() || size.empty()) {
        return;
    }
    // A guest says where its cursor is: any number. Far away it can't be seen, and pixman counts
    // with 32 bits.
    constexpr int32_t kFarthest = 1 << 20;
    const auto near = [](int32_t at) { return at > -kFarthest && at < kFarthest; };
    if (!near(hotspot.x) || !near(hotspot.y) || !near(cursor.hotspot.x) ||
        !near(cursor.hotspot.y)) {
        return;
    }
    constexpr size_t kPixel = MemoryBuffer::kBytesPerPixel;
    const PixmanImage image = pixman_image_of(std::as_bytes(std::span{cursor.pixels}).data(),
                                              cursor.size.width * kPixel, cursor.size, true);
    const PixmanImage picture = pixman_image_of(pixels, size.width * kPixel, size, false);
    if (!image || !picture) {
        return;  // no memory for it
    }
    pixman_image_composite32(PIXMAN_OP_OVER, image.get(), nullptr, picture.get(), 0, 0, 0, 0,
                             hotspot.x - cursor.hotspot.x, hotspot.y - cursor.hotspot.y,
                             static_cast<int>(cursor.size.width),
                             static_cast<int>(cursor.size.height));
}

}  // namespace oriel::app
