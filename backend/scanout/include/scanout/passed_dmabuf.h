// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/mapping.h"
#include "core/sigbus_guard.h"
#include "core/unique_fd.h"
#include "scanout/dmabuf_pixels.h"
#include "scanout/linear_rows.h"

namespace oriel {

/// A picture in dma-bufs whose descriptors somebody has passed. What a CPU can read of it is found
/// out when somebody wants a copy: a linear one of one plane with 4 bytes a pixel, if its driver
/// lets it be mapped.
class PassedDmabuf final : public DmabufPixels {
public:
    PassedDmabuf(const PixelLayout& layout, std::vector<UniqueFd> files);

    /// Whoever draws says that `damage` (inside the picture) is new.
    void flushed(const Region& damage) { changed(damage); }

private:
    [[nodiscard]] Result<std::vector<UniqueFd>> export_files() const override;
    [[nodiscard]] RowSource* rows() override;

    /// As they were passed: whoever exports gets copies.
    std::vector<UniqueFd> files_;
    bool tried_ = false;
    Mapping mapping_;
    SigbusGuard guard_;
    std::optional<LinearRows> rows_;
};

}  // namespace oriel
