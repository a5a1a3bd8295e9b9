// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace oriel::app {

/// What the manual and the options page say beyond commands and options. Texts have the marks of
/// cli/inline_text.h.
struct ManualTerm {
    std::string_view term;
    std::string_view text;
};

struct ManualSection {
    std::string_view title;
    std::span<const std::string_view> paragraphs{};
    std::span<const ManualTerm> terms{};
    std::string_view example{};  ///< lines of a terminal, without marks
};

/// When the manual's texts last changed.
constexpr std::string_view kManualDate = "2026-11-30";

/// What stands before the options.
[[nodiscard]] const ManualSection& description_section();
/// What stands behind them.
[[nodiscard]] std::span<const ManualSection> closing_sections();

}  // namespace oriel::app
