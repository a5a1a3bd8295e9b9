// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <vector>

#include "core/geometry.h"
#include "match/console_text.h"
#include "scanout/vga_picture.h"

namespace oriel::app {

/// The characters that a VGA's text mode shows, in the order of the screen.
struct TextCells {
    uint32_t columns = 0;
    uint32_t rows = 0;
    Size cell;  ///< px
    std::array<uint32_t, 16> colours{};
    bool blink = false;
    std::vector<std::byte> bytes;  ///< character and attribute of each
};

/// Nothing where the picture is no text.
[[nodiscard]] std::optional<TextCells> text_cells(const VgaPictureData& picture);

/// All but the bytes: {"columns":N,"rows":N,"cell":[PX,PX],"colours":[N,...],"blink":BOOL}.
[[nodiscard]] nlohmann::json to_json(const TextCells& cells);

/// The other side: the grid that such an object and the bytes behind a screenshot's pixels make.
/// Nothing where they don't fit together.
[[nodiscard]] std::optional<match::TextGrid> read_text_cells(const nlohmann::json& cells,
                                                             std::span<const std::byte> bytes);

}  // namespace oriel::app
