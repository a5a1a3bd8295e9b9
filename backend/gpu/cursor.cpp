// SPDX-License-Identifier: MIT
#include "cursor.h"

#include <algorithm>
#include <utility>

#include "core/saturating.h"

namespace oriel::gpu {
namespace {

uint32_t multiply(uint32_t pixel) {
    const uint32_t alpha = pixel >> 24;
    const auto scaled = [alpha, pixel](unsigned shift) {
        return ((pixel >> shift & 0xff) * alpha + 127) / 255 << shift;
    };
    return alpha << 24 | scaled(16) | scaled(8) | scaled(0);
}

bool premultiplied(uint32_t pixel) {
    const uint32_t alpha = pixel >> 24;
    return (pixel >> 16 & 0xff) <= alpha && (pixel >> 8 & 0xff) <= alpha && (pixel & 0xff) <= alpha;
}

bool same(const CursorImage& a, const CursorImage& b) {
    return a.size == b.size && a.hotspot == b.hotspot && a.pixels == b.pixels;
}

}  // namespace

std::shared_ptr<const CursorImage> make_cursor_image(Resource& resource, Point hotspot) {
    auto image = std::make_shared<CursorImage>();
    image->size = resource.cursor_size().value_or(Size{});
    image->hotspot = hotspot;
    image->pixels.resize(image->size.area());
    if (!resource.read_cursor(image->pixels)) {
        return nullptr;
    }
    if (!std::all_of(image->pixels.begin(), image->pixels.end(), premultiplied)) {
        std::transform(image->pixels.begin(), image->pixels.end(), image->pixels.begin(), multiply);
    }
    return image;
}

Cursors::Cursors(EventLoop& loop, Display& display)
    : LedgerItem{HeldFor::kCursors}, display_{display}, telling_{loop, [this] { tell(); }} {}

Held Cursors::held() const {
    Held sum;
    for (const Cursor& cursor : cursors_) {
        if (cursor.image) {
            sum.bytes += heap_bytes_of(sizeof(CursorImage)) +
                         heap_bytes_of(cursor.image->pixels.capacity() * sizeof(uint32_t));
        }
    }
    return sum;
}

bool Cursors::update(ScanoutId scanout, Resource* resource, Point position, Point hotspot) {
    Cursor& cursor = cursors_[scanout];
    if (resource == nullptr) {
        cursor.image_due |= std::exchange(cursor.image, nullptr) != nullptr;
    } else if (!cursor.image || cursor.serial != resource->serial() || !resource->version() ||
               cursor.version != resource->version() || cursor.image->hotspot != hotspot) {
        auto image = make_cursor_image(*resource, hotspot);
        if (!image) {
            return false;
        }
        cursor.image_due |= !cursor.image || !same(*cursor.image, *image);
        cursor.image = std::move(image);
        cursor.serial = resource->serial();
        cursor.version = resource->version();
    }
    cursor.position = position;
    cursor.position_due = true;
    telling_.schedule();
    return true;
}

void Cursors::move(ScanoutId scanout, Point position) {
    cursors_[scanout].position = position;
    cursors_[scanout].position_due = true;
    telling_.schedule();
}

void Cursors::reset() {
    telling_.cancel();
    for (ScanoutId scanout = 0; scanout < kMaxScanouts; ++scanout) {
        const Cursor cursor = std::exchange(cursors_[scanout], {});
        if (cursor.image || cursor.image_due) {
            display_.set_cursor(scanout, nullptr);
        }
    }
}

void Cursors::tell() {
    for (ScanoutId scanout = 0; scanout < kMaxScanouts; ++scanout) {
        Cursor& cursor = cursors_[scanout];
        if (std::exchange(cursor.image_due, false)) {
            ++updates_;
            display_.set_cursor(scanout, cursor.image);
        }
        if (std::exchange(cursor.position_due, false)) {
            ++updates_;
            const Point hotspot = cursor.image ? cursor.image->hotspot : Point{};
            display_.move_cursor(scanout, saturating_sum(cursor.position, hotspot));
        }
    }
}

}  // namespace oriel::gpu
