// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

// RE2 has it.
namespace re2 {
class RE2;
}

namespace oriel::app {

/// A regular expression, in RE2's syntax: looking for one takes time in proportion to the text's
/// length, whatever the expression is. "^" and "$" are the ends of a line.
class Pattern {
public:
    static constexpr size_t kMaxLength = 4096;
    /// Bytes of a compiled expression; RE2 refuses one that needs more.
    static constexpr int64_t kMaxMemory = int64_t{1} << 20;

    /// The error is a line for the user.
    [[nodiscard]] static Result<Pattern> compile(const std::string& expression);

    struct Place {
        size_t begin = 0;
        size_t end = 0;
    };
    /// The first place in `text`, from `begin` on.
    [[nodiscard]] std::optional<Place> find(std::string_view text, size_t begin = 0) const;
    /// As it was given.
    [[nodiscard]] std::string_view expression() const;

private:
    explicit Pattern(std::shared_ptr<const re2::RE2> compiled);
    std::shared_ptr<const re2::RE2> compiled_;  // never null
};

}  // namespace oriel::app
