// SPDX-License-Identifier: MIT
#include "screen_wait/condition_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "cli/command_table.h"
#include "cli/nearest_word.h"
#include "cli/values.h"

namespace oriel::app {
namespace {

constexpr uint32_t kLongestStable = 3'600'000;  // ms

/// "#1a2b3c" or "#1a2b3c,10,20,30,40".
Result<Condition> parse_colour_words(const std::string& text) {
    const auto colour = parse_colour(std::string_view{text}.substr(0, 7));
    std::vector<uint32_t> numbers;
    std::string_view rest = std::string_view{text}.substr(std::min<size_t>(text.size(), 7));
    while (rest.starts_with(',') && numbers.size() <= 4) {
        rest.remove_prefix(1);
        const size_t end = std::min(rest.find(','), rest.size());
        const auto number = parse_number(rest.substr(0, end));
        if (!number) {
            break;
        }
        numbers.push_back(*number);
        rest.remove_prefix(end);
    }
    if (!colour || !rest.empty() || (!numbers.empty() && numbers.size() != 4)) {
        return host_error("ctl wait colour {}: expected #RRGGBB or #RRGGBB,X,Y,WIDTH,HEIGHT", text);
    }
    ColourCondition condition{.colour = *colour};
    if (!numbers.empty()) {
        condition.area = {numbers[0], numbers[1], numbers[2], numbers[3]};
    }
    return condition;
}

}  // namespace

Result<Condition> parse_condition_words(std::span<const std::string> words) {
    const std::string& kind = words[0];
    const std::string& what = words[1];
    if (what.empty()) {
        return host_error("ctl wait {}: what for? It is empty", kind);
    }
    if (kind == "image" || kind == "anywhere") {
        return ImageCondition{.files = {what}, .anywhere = kind == "anywhere"};
    }
    if (kind == "needle") {
        return NeedleCondition{{what}};
    }
    if (kind == "text") {
        return TextCondition{.text = what, .pattern = {}};
    }
    if (kind == "pattern") {
        auto pattern = Pattern::compile(what);
        if (!pattern) {
            return tl::unexpected(pattern.error());
        }
        return TextCondition{.text = {}, .pattern = std::move(*pattern)};
    }
    if (kind == "colour") {
        return parse_colour_words(what);
    }
    if (kind == "mode") {
        return ModeCondition{what};
    }
    const auto number = parse_number(what);
    if (kind == "stable") {
        if (!number || *number < 1 || *number > kLongestStable) {
            return host_error("ctl wait stable {}: expected 1 to {} milliseconds", what,
                              kLongestStable);
        }
        return StableCondition{std::chrono::milliseconds{*number}};
    }
    if (kind == "frames") {
        if (!number) {
            return host_error("ctl wait frames {}: expected a number", what);
        }
        return FramesCondition{.least = *number};
    }
    return host_error("ctl wait: '{}' is nothing to wait for{}", kind,
                      suggestion(kind, find_ctl_command("wait")->offered_words));
}

}  // namespace oriel::app
