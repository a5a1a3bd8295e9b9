// SPDX-License-Identifier: MIT
#include "cli/nearest_word.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace oriel::app {
namespace {

// Longer words are nobody's typing mistake; it also bounds the work.
constexpr size_t kMaxWord = 32;
// Without its hyphens.
constexpr size_t kMinPrefix = 3;

std::string_view letters(std::string_view word) {
    return word.substr(std::min(word.find_first_not_of('-'), word.size()));
}

}  // namespace

size_t edit_distance(std::string_view from, std::string_view to) {
    // Three rows of the table: the distances of from's first i, i-1 and i-2 characters to all
    // starts of `to`.
    std::vector<size_t> two_before(to.size() + 1);
    std::vector<size_t> before(to.size() + 1);
    std::vector<size_t> row(to.size() + 1);
    for (size_t j = 0; j <= to.size(); ++j) {
        row[j] = j;
    }
    for (size_t i = 1; i <= from.size(); ++i) {
        std::swap(two_before, before);
        std::swap(before, row);
        row[0] = i;
        for (size_t j = 1; j <= to.size(); ++j) {
            const size_t replaced = before[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            row[j] = std::min({replaced, before[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
                row[j] = std::min(row[j], two_before[j - 2] + 1);
            }
        }
    }
    return row[to.size()];
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
    const std::string_view wanted = letters(word);
    if (wanted.empty() || word.size() > kMaxWord) {
        return {};
    }
    if (wanted.size() >= kMinPrefix) {
        const auto starts = std::find_if(
            words.begin(), words.end(),
            [wanted](std::string_view one) { return letters(one).starts_with(wanted); });
        if (starts != words.end()) {
            return *starts;
        }
    }
    std::string_view nearest;
    // A third of the letters may be wrong.
    size_t least = std::max<size_t>(wanted.size() / 3, 1) + 1;
    for (const std::string_view one : words) {
        const size_t distance = edit_distance(wanted, letters(one));
        if (distance < least && distance < letters(one).size()) {
            least = distance;
            nearest = one;
        }
    }
    return nearest;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> words) {
    const std::string_view nearest = nearest_word(word, words);
    return nearest.empty() ? std::string{} : fmt::format(": did you mean '{}'?", nearest);
}

}  // namespace oriel::app
