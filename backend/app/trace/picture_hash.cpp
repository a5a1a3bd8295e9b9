// SPDX-License-Identifier: MIT
#include "trace/picture_hash.h"

#include <fmt/format.h>

#include <cstring>

namespace oriel::app {
namespace {

constexpr uint32_t kColours = 0x00ffffff;

}  // namespace

PictureHash::PictureHash() : state_{XXH3_createState()} {
    if (!state_) {
        throw std::bad_alloc{};
    }
}

void PictureHash::add_rows(const MemoryBuffer& pixels, const Rect& part) {
    row_.resize(part.width);
    const size_t bytes = size_t{part.width} * MemoryBuffer::kBytesPerPixel;
    for (uint32_t y = part.y; y < part.bottom(); ++y) {
        std::memcpy(row_.data(), pixels.row(y) + size_t{part.x} * MemoryBuffer::kBytesPerPixel,
                    bytes);
        for (uint32_t& pixel : row_) {
            pixel &= kColours;
        }
        static_cast<void>(XXH3_128bits_update(state_.get(), row_.data(), bytes));
    }
}

std::string PictureHash::of(const ScreenPicture& picture) {
    if (picture.source.size().area() > kMostPixels) {
        return {};
    }
    // A guest's own pixels were copied when they were committed; once more could be another copy.
    const Framebuffer& framebuffer = *picture.framebuffer;
    const auto& memory =
        framebuffer.dmabuf() != nullptr ? framebuffer.storage() : framebuffer.memory();
    if (!memory) {
        return {};
    }
    static_cast<void>(XXH3_128bits_reset(state_.get()));
    add_rows(memory->latest(), picture.source);
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(state_.get()));
    std::string digits;
    for (const unsigned char byte : bytes.digest) {
        digits += fmt::format("{:02x}", byte);
    }
    return digits;
}

}  // namespace oriel::app
