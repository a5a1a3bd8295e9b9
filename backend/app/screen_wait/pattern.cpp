// SPDX-License-Identifier: MIT
// The only file that includes RE2.
#include "screen_wait/pattern.h"

#include <re2/re2.h>

#include <utility>

namespace oriel::app {
namespace {

/// RE2 takes "^" and "$" as the ends of lines then.
constexpr std::string_view kLines = "(?m)";

}  // namespace

Result<Pattern> Pattern::compile(const std::string& expression) {
    if (expression.size() > kMaxLength) {
        return host_error("a regular expression of {} bytes: at most {}", expression.size(),
                          kMaxLength);
    }
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxMemory);
    auto compiled = std::make_shared<const RE2>(std::string{kLines} + expression, options);
    if (!compiled->ok()) {
        return host_error("'{}' is no regular expression: {}", expression, compiled->error());
    }
    return Pattern{std::move(compiled)};
}

Pattern::Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_{std::move(compiled)} {}

std::optional<Pattern::Place> Pattern::find(std::string_view text, size_t begin) const {
    if (begin > text.size()) {
        return std::nullopt;
    }
    const re2::StringPiece all{text.data(), text.size()};
    re2::StringPiece found;
    if (!compiled_->Match(all, begin, text.size(), RE2::UNANCHORED, &found, 1)) {
        return std::nullopt;
    }
    const auto at = static_cast<size_t>(found.data() - text.data());
    return Place{at, at + found.size()};
}

std::string_view Pattern::expression() const {
    return std::string_view{compiled_->pattern()}.substr(kLines.size());
}

}  // namespace oriel::app
