// SPDX-License-Identifier: MIT
#include "memfd_pixels.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

#include "core/memfd.h"

namespace oriel::test {
namespace {

/// Where the channels are in a little-endian word.
struct Shifts {
    uint32_t fourcc;
    int red;
    int green;
    int blue;
    int other;
};

constexpr std::array<Shifts, 8> kShifts{{
    {DRM_FORMAT_XRGB8888, 16, 8, 0, 24},
    {DRM_FORMAT_ARGB8888, 16, 8, 0, 24},
    {DRM_FORMAT_XBGR8888, 0, 8, 16, 24},
    {DRM_FORMAT_ABGR8888, 0, 8, 16, 24},
    {DRM_FORMAT_BGRX8888, 8, 16, 24, 0},
    {DRM_FORMAT_BGRA8888, 8, 16, 24, 0},
    {DRM_FORMAT_RGBX8888, 24, 16, 8, 0},
    {DRM_FORMAT_RGBA8888, 24, 16, 8, 0},
}};

uint32_t encoded(uint32_t fourcc, uint32_t rgb, uint32_t other) {
    for (const Shifts& shifts : kShifts) {
        if (shifts.fourcc == fourcc) {
            return (rgb >> 16 & 0xff) << shifts.red | (rgb >> 8 & 0xff) << shifts.green |
                   (rgb & 0xff) << shifts.blue | (other & 0xff) << shifts.other;
        }
    }
    return rgb;
}

uint32_t scribbled(uint32_t x, uint32_t y, uint32_t seed) {
    uint32_t hash = x * 0x9e37'79b1U ^ y * 0x85eb'ca77U ^ seed * 0xc2b2'ae3dU;
    hash ^= hash >> 15;
    hash *= 0x2c1b'3c6dU;
    return hash ^ hash >> 12;
}

PixelLayout layout_of(Size size, const MemfdPixels::Options& options) {
    return {size, options.fourcc, options.modifier, options.offset, size.width * 4 + options.gap};
}

template <class T>
T value(Result<T> result) {
    if (!result) {
        throw std::runtime_error{result.error().message()};
    }
    return std::move(*result);
}

}  // namespace

class MemfdPixels::Rows final : public RowSource {
public:
    explicit Rows(const MemfdPixels& pixels) : pixels_{pixels} {}
    const std::byte* row(uint32_t x, uint32_t y, uint32_t, std::byte*) override {
        return reinterpret_cast<const std::byte*>(pixels_.drawn_.data() +
                                                  size_t{y} * pixels_.layout().size.width + x);
    }

private:
    const MemfdPixels& pixels_;
};

MemfdPixels::MemfdPixels(Size size, const Options& options)
    : DmabufPixels{layout_of(size, options), value(MemoryPixels::create(size))},
      no_dmabuf_{options.no_dmabuf},
      drawn_(size.area()),
      rows_{std::make_unique<Rows>(*this)} {
    const size_t needed =
        options.offset + size_t{layout().stride} * (size.height - 1) + size_t{size.width} * 4;
    memfd_ = value(create_memfd("test-dmabuf", needed, MemfdSeals::kNone));
    mapping_ = value(Mapping::map(memfd_.get(), 0, round_to_pages(needed), MapAccess::kReadWrite));
    if (::ftruncate(memfd_.get(), static_cast<off_t>(needed - options.missing)) != 0) {
        throw std::runtime_error{"ftruncate"};
    }
}

MemfdPixels::~MemfdPixels() = default;

void MemfdPixels::draw(const Rect& rect, uint32_t seed) {
    for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
        for (uint32_t x = rect.x; x < rect.right(); ++x) {
            const uint32_t any = scribbled(x, y, seed);
            const uint32_t rgb = any & 0xff'ffff;
            drawn_[size_t{y} * layout().size.width + x] = rgb;
            const uint32_t pixel = encoded(layout().fourcc, rgb, any >> 24);
            std::memcpy(
                mapping_.data() + layout().offset + size_t{y} * layout().stride + size_t{x} * 4,
                &pixel, sizeof pixel);
        }
    }
}

void MemfdPixels::scribble(const Rect& rect, uint32_t seed) {
    draw(rect, seed);
    changed(Region{rect});
}

std::vector<uint32_t> MemfdPixels::expected(const Rect& part) const {
    std::vector<uint32_t> cut;
    for (uint32_t y = part.y; y < part.bottom(); ++y) {
        const uint32_t* row = drawn_.data() + size_t{y} * layout().size.width + part.x;
        cut.insert(cut.end(), row, row + part.width);
    }
    return cut;
}

Result<UniqueFd> MemfdPixels::export_dmabuf() const {
    if (no_dmabuf_ != nullptr) {
        return host_error("{}", no_dmabuf_);
    }
    UniqueFd copy{::fcntl(memfd_.get(), F_DUPFD_CLOEXEC, 0)};
    if (!copy) {
        return system_error("dup");
    }
    return copy;
}

RowSource* MemfdPixels::rows() {
    return rows_.get();
}

}  // namespace oriel::test
