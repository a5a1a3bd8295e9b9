// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"

namespace oriel::app {

/// Something in a TOML file that is not as it should be.
struct Mistake {
    uint32_t line = 0;
    uint32_t column = 0;
    std::string text;
    friend bool operator==(const Mistake&, const Mistake&) = default;
};

/// A file may have so many; what is beyond is not told.
constexpr size_t kMaxMistakes = 100;

/// "panel.toml:3:7: TEXT".
[[nodiscard]] std::string to_line(const std::string& path, const Mistake& mistake);

/// In the file's order.
void sort_mistakes(std::vector<Mistake>& mistakes);

/// A file's text; an error if it can't be read, or is longer than `most` bytes.
[[nodiscard]] Result<std::string> load_toml_file(const std::string& path, size_t most);

}  // namespace oriel::app
