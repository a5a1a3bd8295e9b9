// SPDX-License-Identifier: MIT
#include "control/cursor_drawing.h"

#include <pixman.h>

#include "core/unique_handle.h"

namespace oriel::app {
namespace {

void unref_image(pixman_image_t* image) {
    pixman_image_unref(image);
}
using PixmanImage = UniqueHandle<pixman_image_t, unref_image>;

PixmanImage image_over(pixman_format_code_t format, Size size, uint32_t* bits) {
    const auto width = static_cast<int>(size.width);
    return PixmanImage{pixman_image_create_bits_no_clear(
        format, width, static_cast<int>(size.height), bits, width * int{sizeof *bits})};
}

}  // namespace

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
    // pixman takes no const; what is only a source is only read.
    const PixmanImage image =
        image_over(PIXMAN_a8r8g8b8, cursor.size, const_cast<uint32_t*>(cursor.pixels.data()));
    const PixmanImage picture =
        image_over(PIXMAN_x8r8g8b8, size, reinterpret_cast<uint32_t*>(pixels));
    if (!image || !picture) {
        return;  // no memory for it
    }
    pixman_image_composite32(PIXMAN_OP_OVER, image.get(), nullptr, picture.get(), 0, 0, 0, 0,
                             hotspot.x - cursor.hotspot.x, hotspot.y - cursor.hotspot.y,
                             static_cast<int>(cursor.size.width),
                             static_cast<int>(cursor.size.height));
}

}  // namespace oriel::app
