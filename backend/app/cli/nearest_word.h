// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace oriel::app {

/// How many characters have to be put in, taken out, replaced or swapped with their neighbour to
/// make one word of the other (Levenshtein's distance, with swaps).
[[nodiscard]] size_t edit_distance(std::string_view from, std::string_view to);

/// The word that somebody probably meant who wrote `word`: one that starts with it (three letters
/// or more), or else the nearest one by edit_distance(); empty if none is near.
[[nodiscard]] std::string_view nearest_word(std::string_view word,
                                            std::span<const std::string_view> words);

/// ": did you mean 'show'?", or empty if no word is near.
[[nodiscard]] std::string suggestion(std::string_view word,
                                     std::span<const std::string_view> words);

}  // namespace oriel::app
