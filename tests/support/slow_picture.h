// SPDX-License-Identifier: MIT
#pragma once

#include <drm_fourcc.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/clock.h"
#include "scanout/dmabuf_pixels.h"
#include "scanout/pieces.h"

namespace oriel::test {

/// A guest's own picture that takes so long to copy that a turn of the loop does one piece of it:
/// each row takes 10 us of the test's clock.
class SlowPicture final : public DmabufPixels, private RowSource {
public:
    static constexpr Size kSize{1024, 1024};
    static constexpr uint32_t kPieceRows = kPiecePixels / kSize.width;
    static constexpr uint32_t kPieces = (kSize.height + kPieceRows - 1) / kPieceRows;

    explicit SlowPicture(ManualClock& clock)
        : DmabufPixels{{.size = kSize,
                        .fourcc = DRM_FORMAT_XRGB8888,
                        .planes = one_plane(0, kSize.width * 4)}},
          clock_{clock},
          pixels_(kSize.area()) {}

    void paint(const Rect& rect, uint32_t colour) {
        for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
            std::fill_n(pixels_.begin() + y * kSize.width + rect.x, rect.width, colour);
        }
        changed(Region{rect});
    }
    /// As the copy has it, whatever it lacks.
    [[nodiscard]] uint32_t copied(uint32_t x, uint32_t y) const {
        return reinterpret_cast<const uint32_t*>(storage()->latest().row(y))[x];
    }

    int rows_read = 0;

private:
    Result<std::vector<UniqueFd>> export_files() const override {
        return host_error("a test's picture has no files");
    }
    RowSource* rows() override { return this; }
    const std::byte* row(uint32_t x, uint32_t y, uint32_t, std::byte*) override {
        ++rows_read;
        clock_.advance(Nanoseconds{10'000});
        return reinterpret_cast<const std::byte*>(pixels_.data() + y * kSize.width + x);
    }

    ManualClock& clock_;
    std::vector<uint32_t> pixels_;
};

}  // namespace oriel::test
