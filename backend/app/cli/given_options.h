// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "cli/option_table.h"

namespace oriel::app {

/// What a command line says, as text: checked afterwards, so that each mistake gets a line of its
/// own.
struct GivenOptions {
    struct Value {
        bool given = false;
        std::string text;  ///< empty for a switch
    };
    std::array<Value, kOptionCount> values;
    /// What isn't an option. Only `ctl` has such words.
    std::vector<std::string> words;

    [[nodiscard]] bool has(OptionId id) const { return value(id).given; }
    [[nodiscard]] std::optional<std::string> text(OptionId id) const {
        return has(id) ? std::optional{value(id).text} : std::nullopt;
    }
    /// The option's default value where it isn't given.
    [[nodiscard]] std::string text_or_default(OptionId id) const {
        return has(id) ? value(id).text : std::string{option_row(id).fallback};
    }
    [[nodiscard]] const Value& value(OptionId id) const { return values[static_cast<size_t>(id)]; }
    [[nodiscard]] Value& value(OptionId id) { return values[static_cast<size_t>(id)]; }
};

}  // namespace oriel::app
