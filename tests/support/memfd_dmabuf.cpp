// SPDX-License-Identifier: MIT
#include "support/memfd_dmabuf.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/memfd.h"

namespace oriel::test {
namespace {

constexpr uint32_t kBytesPerPixel = 4;

/// Where the channels are in a little-endian word.
struct Shifts {
    uint32_t fourcc;
    int red;
    int green;
    int blue;
    int other;
};

// What isn't among them is never read by anybody: the first one does.
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

const Shifts& shifts_of(uint32_t fourcc) {
    for (const Shifts& shifts : kShifts) {
        if (shifts.fourcc == fourcc) {
            return shifts;
        }
    }
    return kShifts.front();
}

uint32_t encoded(uint32_t fourcc, uint32_t rgb, uint32_t other) {
    const Shifts& to = shifts_of(fourcc);
    return (rgb >> 16 & 0xff) << to.red | (rgb >> 8 & 0xff) << to.green | (rgb & 0xff) << to.blue |
           (other & 0xff) << to.other;
}

uint32_t decoded(uint32_t fourcc, uint32_t word) {
    const Shifts& from = shifts_of(fourcc);
    return (word >> from.red & 0xff) << 16 | (word >> from.green & 0xff) << 8 |
           (word >> from.blue & 0xff);
}

uint32_t scribbled(uint32_t x, uint32_t y, uint32_t seed) {
    uint32_t hash = x * 0x9e37'79b1U ^ y * 0x85eb'ca77U ^ seed * 0xc2b2'ae3dU;
    hash ^= hash >> 15;
    hash *= 0x2c1b'3c6dU;
    return hash ^ hash >> 12;
}

PixelLayout layout_of(Size size, const MemfdDmabuf::Options& options) {
    return {.size = size,
            .fourcc = options.fourcc,
            .modifier = options.modifier,
            .planes = {{{0, options.offset,
                         options.stride != 0 ? options.stride : size.width * kBytesPerPixel},
                        {1, 0, 64}}},
            .plane_count = options.second_plane ? 2U : 1U,
            .y_inverted = options.y_inverted};
}

}  // namespace

void ask_for_rasteriser() {
    ::setenv("LIBGL_ALWAYS_SOFTWARE", "1", 0);
}

class MemfdDmabuf::Rows final : public RowSource {
public:
    explicit Rows(const MemfdDmabuf& owner) : owner_{owner} {}
    const std::byte* row(uint32_t x, uint32_t y, uint32_t width, std::byte* scratch) override {
        for (uint32_t i = 0; i < width; ++i) {
            uint32_t word = 0;
            std::memcpy(&word, owner_.at(x + i, y), sizeof word);
            const uint32_t pixel = decoded(owner_.layout().fourcc, word);
            std::memcpy(scratch + size_t{i} * kBytesPerPixel, &pixel, sizeof pixel);
        }
        return scratch;
    }

private:
    const MemfdDmabuf& owner_;
};

MemfdDmabuf::MemfdDmabuf(Size size, const Options& options)
    : DmabufPixels{layout_of(size, options), options.cpu_view},
      export_error_{options.export_error},
      missing_{options.missing},
      rows_{std::make_unique<Rows>(*this)} {
    const PlaneLayout& plane = layout().planes[0];
    const size_t bytes = plane.offset + size_t{plane.stride} * size.height;
    fd_ = create_memfd("guest-buffer", bytes, MemfdSeals::kNone).value();
    mapping_ = Mapping::map(fd_.get(), 0, bytes, MapAccess::kReadWrite).value();
}

MemfdDmabuf::~MemfdDmabuf() = default;

std::byte* MemfdDmabuf::at(uint32_t x, uint32_t y) const {
    const PlaneLayout& plane = layout().planes[0];
    return mapping_.data() + plane.offset + size_t{y} * plane.stride + size_t{x} * kBytesPerPixel;
}

void MemfdDmabuf::put(uint32_t x, uint32_t y, uint32_t word) {
    std::memcpy(at(x, y), &word, sizeof word);
}

void MemfdDmabuf::draw(const Rect& rect, uint32_t word) {
    for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
        for (uint32_t x = rect.x; x < rect.right(); ++x) {
            put(x, y, word);
        }
    }
}

void MemfdDmabuf::scribble(const Rect& rect, uint32_t seed) {
    for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
        for (uint32_t x = rect.x; x < rect.right(); ++x) {
            const uint32_t any = scribbled(x, y, seed);
            put(x, y, encoded(layout().fourcc, any, any >> 24));
        }
    }
    changed(Region{rect});
}

std::vector<uint32_t> MemfdDmabuf::expected(const Rect& part) const {
    std::vector<uint32_t> cut;
    for (uint32_t y = part.y; y < part.bottom(); ++y) {
        for (uint32_t x = part.x; x < part.right(); ++x) {
            uint32_t word = 0;
            std::memcpy(&word, at(x, y), sizeof word);
            cut.push_back(decoded(layout().fourcc, word));
        }
    }
    return cut;
}

Result<std::vector<UniqueFd>> MemfdDmabuf::export_files() const {
    ++exports_;
    std::vector<UniqueFd> files;
    for (uint32_t plane = 0; plane < layout().plane_count; ++plane) {
        auto file =
            plane == 0 ? export_file() : create_memfd("second-plane", 4096, MemfdSeals::kNone);
        if (!file) {
            return tl::unexpected(std::move(file).error());
        }
        files.push_back(std::move(*file));
    }
    return files;
}

Result<UniqueFd> MemfdDmabuf::export_file() const {
    if (!export_error_.empty()) {
        return host_error("{}", export_error_);
    }
    if (missing_ == 0) {
        UniqueFd copy{::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0)};
        return copy ? Result<UniqueFd>{std::move(copy)} : system_error("dup of a memfd");
    }
    const PlaneLayout& of = layout().planes[0];
    const size_t needed = of.offset + size_t{of.stride} * (layout().size.height - 1) +
                          size_t{layout().size.width} * kBytesPerPixel;
    auto shorter = create_memfd("short-buffer", needed, MemfdSeals::kNone);
    if (shorter && ::ftruncate(shorter->get(), static_cast<off_t>(needed - missing_)) != 0) {
        return system_error("ftruncate of a memfd");
    }
    return shorter;
}

RowSource* MemfdDmabuf::rows() {
    return rows_.get();
}

}  // namespace oriel::test
