// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/geometry.h"
#include "core/result.h"

namespace oriel::app {

/// `--size WxH[@HZ]`.
struct ModeOption {
    static constexpr uint32_t kMinSide = 64;
    static constexpr uint32_t kMaxSide = 16384;
    static constexpr uint32_t kMinRefreshMhz = 20'000;
    static constexpr uint32_t kMaxRefreshMhz = 500'000;

    Size size;                            ///< buffer px
    std::optional<uint32_t> refresh_mhz;  ///< only if it was given
    friend bool operator==(const ModeOption&, const ModeOption&) = default;
};

/// Digits only: no sign, no blanks, no overflow.
[[nodiscard]] std::optional<uint32_t> parse_number(std::string_view text);

/// The error's message is the line for the user; `what` was given `text`.
[[nodiscard]] Result<ModeOption> parse_mode(std::string_view text,
                                            std::string_view what = "--size");

constexpr size_t kMaxName = 64;
/// Names become part of file names: 1 to 64 letters, digits, '.', '_', '-', not starting with '.'.
[[nodiscard]] bool valid_name(std::string_view name);

}  // namespace oriel::app
