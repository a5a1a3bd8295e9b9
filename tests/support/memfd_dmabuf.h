// SPDX-License-Identifier: MIT
#pragma once

#include <drm_fourcc.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/mapping.h"
#include "core/unique_fd.h"
#include "scanout/dmabuf_pixels.h"

namespace oriel::test {

/// Before EGL is loaded: a GPU's driver takes no memfd for a dma-buf, but beside one of Mesa's
/// there is Mesa's rasteriser, which does.
void ask_for_rasteriser();

/// A guest's own pixels, with a memfd in place of the dma-buf: it tests what we say to others, not
/// what a kernel or a driver makes of a dma-buf. (Mesa 25's llvmpipe takes one, by leniency.)
class MemfdDmabuf final : public DmabufPixels {
public:
    struct Options {
        uint32_t fourcc = DRM_FORMAT_XRGB8888;
        uint64_t modifier = DRM_FORMAT_MOD_LINEAR;
        uint32_t offset = 0;
        /// 0: as small as can be.
        uint32_t stride = 0;
        /// There is no dma-buf, for this reason.
        std::string export_error;
        /// Bytes that the exported file ends before the last pixel does.
        size_t missing = 0;
        /// As a GPU's tiled buffer: only dma-bufs of it can be had.
        CpuView cpu_view = CpuView::kRows;
        /// A second plane in a second file, which nobody looks into.
        bool second_plane = false;
        bool y_inverted = false;
    };

    /// Black, in buffer px.
    explicit MemfdDmabuf(Size size) : MemfdDmabuf{size, Options{}} {}
    MemfdDmabuf(Size size, const Options& options);
    ~MemfdDmabuf() override;

    /// What the guest draws, in the format's own bits: a little-endian word a pixel. It shows that
    /// by flushing (with changed(), as a device does).
    void draw(const Rect& rect, uint32_t word);
    void put(uint32_t x, uint32_t y, uint32_t word);
    void flushed(const Region& damage) { changed(damage); }
    /// Draws every pixel of `rect` in another colour, other colours for another seed, and anything
    /// at all in the fourth byte; flushed.
    void scribble(const Rect& rect, uint32_t seed);

    /// What a screen must show of `part`: 0x00RRGGBB, rows without padding.
    [[nodiscard]] std::vector<uint32_t> expected(const Rect& part) const;
    [[nodiscard]] Rect all() const { return Rect::of(layout().size); }
    [[nodiscard]] uint32_t exports() const { return exports_; }

private:
    class Rows;

    [[nodiscard]] std::byte* at(uint32_t x, uint32_t y) const;
    [[nodiscard]] Result<UniqueFd> export_file() const;
    [[nodiscard]] Result<std::vector<UniqueFd>> export_files() const override;
    [[nodiscard]] RowSource* rows() override;

    UniqueFd fd_;
    Mapping mapping_;
    std::string export_error_;
    size_t missing_;
    mutable uint32_t exports_ = 0;
    std::unique_ptr<RowSource> rows_;
};

}  // namespace oriel::test
