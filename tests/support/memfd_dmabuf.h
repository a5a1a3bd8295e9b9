// SPDX-License-Identifier: MIT
#pragma once

#include <drm_fourcc.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/mapping.h"
#include "core/unique_fd.h"
#include "scanout/dmabuf_pixels.h"
#include "scanout/framebuffer.h"

namespace oriel::test {

/// A guest's own pixels, with a memfd in place of the dma-buf: it tests what we say to others, not
/// what a kernel or a driver makes of a dma-buf.
class MemfdDmabuf final : public DmabufPixels {
public:
    struct Options {
        uint32_t fourcc = DRM_FORMAT_XRGB8888;
        uint32_t offset = 0;
        /// 0: as small as can be.
        uint32_t stride = 0;
        /// There is no dma-buf, for this reason.
        std::string export_error;
        /// Bytes (whole pages) that the exported file has less than stride times height.
        size_t missing = 0;
    };

    /// Black. `size` in buffer px.
    [[nodiscard]] static std::shared_ptr<MemfdDmabuf> create(Size size, const Options& options);
    [[nodiscard]] static std::shared_ptr<MemfdDmabuf> create(Size size) {
        return create(size, Options{});
    }

    /// What the guest draws, in the format's own bits: a little-endian word a pixel. It shows that
    /// by flushing (with changed(), as a device does).
    void draw(const Rect& rect, uint32_t word);
    void put(uint32_t x, uint32_t y, uint32_t word);
    void flushed(const Region& damage) { changed(damage); }
    [[nodiscard]] uint32_t exports() const { return exports_; }

private:
    class Rows;

    MemfdDmabuf(const PixelLayout& layout, std::shared_ptr<MemoryPixels> copy, UniqueFd fd,
                Mapping mapping, const Options& options);
    [[nodiscard]] Result<UniqueFd> export_dmabuf() const override;
    [[nodiscard]] RowSource* rows() override;

    UniqueFd fd_;
    Mapping mapping_;
    std::string export_error_;
    size_t missing_;
    mutable uint32_t exports_ = 0;
    std::unique_ptr<RowSource> rows_;
};

}  // namespace oriel::test
