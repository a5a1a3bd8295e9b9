// SPDX-License-Identifier: MIT
#pragma once

#include <drm_fourcc.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/mapping.h"
#include "core/unique_fd.h"
#include "scanout/dmabuf_pixels.h"

namespace oriel::test {

/// A guest's own pixels in a memfd that stands for the dma-buf. Mesa 25's llvmpipe takes one, by
/// leniency: tests that use it are memfd tests, and say nothing about real dma-bufs.
class MemfdPixels final : public DmabufPixels {
public:
    struct Options {
        uint32_t fourcc = DRM_FORMAT_XRGB8888;
        uint64_t modifier = DRM_FORMAT_MOD_LINEAR;
        uint32_t offset = 0;
        /// Bytes between two rows.
        uint32_t gap = 0;
        /// The memfd ends that many bytes early.
        uint32_t missing = 0;
        /// There is no dma-buf, with this line.
        const char* no_dmabuf = nullptr;
    };

    /// Black, in buffer px.
    explicit MemfdPixels(Size size) : MemfdPixels{size, Options{}} {}
    MemfdPixels(Size size, const Options& options);
    ~MemfdPixels() override;

    /// The guest draws: every pixel of `rect` another colour, other colours for another seed, and
    /// anything at all in the fourth byte. It doesn't say so.
    void draw(const Rect& rect, uint32_t seed);
    /// draw(), and the device hears of it, as with a flush.
    void scribble(const Rect& rect, uint32_t seed);

    /// What a screen must show of `part`: 0x00RRGGBB, rows without padding.
    [[nodiscard]] std::vector<uint32_t> expected(const Rect& part) const;
    [[nodiscard]] Rect all() const { return Rect::of(layout().size); }

protected:
    [[nodiscard]] Result<UniqueFd> export_dmabuf() const override;
    [[nodiscard]] RowSource* rows() override;

private:
    class Rows;

    UniqueFd memfd_;
    Mapping mapping_;
    const char* no_dmabuf_;
    /// 0x00RRGGBB.
    std::vector<uint32_t> drawn_;
    std::unique_ptr<Rows> rows_;
};

}  // namespace oriel::test
