// SPDX-License-Identifier: MIT
#include "vga/pixel_rows.h"

#include <cassert>
#include <cstring>

namespace oriel::vga {
namespace {

constexpr size_t kPixel = 4;

uint32_t byte_at(const std::byte* bytes, size_t index) {
    return std::to_integer<uint32_t>(bytes[index]);
}

/// The highest bits once more below: all ones become 255, and nothing is darker than before.
uint32_t widen5(uint32_t value) {
    return value << 3 | value >> 2;
}
uint32_t widen6(uint32_t value) {
    return value << 2 | value >> 4;
}

uint32_t from_555(uint32_t value) {
    return widen5(value >> 10 & 31) << 16 | widen5(value >> 5 & 31) << 8 | widen5(value & 31);
}
uint32_t from_565(uint32_t value) {
    return widen5(value >> 11 & 31) << 16 | widen6(value >> 5 & 63) << 8 | widen5(value & 31);
}

template <uint32_t (*kFrom)(uint32_t), bool kBigEndian>
void convert_16(const std::byte* from, uint32_t width, std::byte* to) {
    for (uint32_t i = 0; i < width; ++i) {
        const uint32_t low = byte_at(from, i * size_t{2} + (kBigEndian ? 1 : 0));
        const uint32_t high = byte_at(from, i * size_t{2} + (kBigEndian ? 0 : 1));
        const uint32_t pixel = kFrom(high << 8 | low);
        std::memcpy(to + i * kPixel, &pixel, kPixel);
    }
}

template <bool kBigEndian>
void convert_24(const std::byte* from, uint32_t width, std::byte* to) {
    for (uint32_t i = 0; i < width; ++i) {
        const std::byte* part = from + i * size_t{3};
        const uint32_t pixel = byte_at(part, kBigEndian ? 0 : 2) << 16 | byte_at(part, 1) << 8 |
                               byte_at(part, kBigEndian ? 2 : 0);
        std::memcpy(to + i * kPixel, &pixel, kPixel);
    }
}

void convert_big_endian_32(const std::byte* from, uint32_t width, std::byte* to) {
    for (uint32_t i = 0; i < width; ++i) {
        const std::byte* part = from + i * kPixel;
        const uint32_t pixel = byte_at(part, 1) << 16 | byte_at(part, 2) << 8 | byte_at(part, 3);
        std::memcpy(to + i * kPixel, &pixel, kPixel);
    }
}

}  // namespace

PixelRows::PixelRows(std::span<const std::byte> memory, const PixelMode& mode)
    : start_{memory.data() + mode.mode.offset},
      stride_{mode.mode.stride},
      bytes_per_pixel_{(mode.mode.bpp + 7U) / 8},
      convert_{conversion(mode)} {
    assert(mode.mode.offset + (mode.mode.size.height - 1) * stride_ +
               uint64_t{mode.mode.size.width} * bytes_per_pixel_ <=
           memory.size());
}

PixelRows::Convert PixelRows::conversion(const PixelMode& mode) {
    switch (mode.mode.bpp) {
        case 15:
            return mode.big_endian ? convert_16<from_555, true> : convert_16<from_555, false>;
        case 16:
            return mode.big_endian ? convert_16<from_565, true> : convert_16<from_565, false>;
        case 24:
            return mode.big_endian ? convert_24<true> : convert_24<false>;
        default:
            assert(mode.mode.bpp == 32);
            return mode.big_endian ? convert_big_endian_32 : nullptr;
    }
}

const std::byte* PixelRows::row(uint32_t x, uint32_t y, uint32_t width, std::byte* scratch) {
    const std::byte* from = start_ + y * stride_ + uint64_t{x} * bytes_per_pixel_;
    if (convert_ == nullptr) {
        return from;
    }
    convert_(from, width, scratch);
    return scratch;
}

}  // namespace oriel::vga
