// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace oriel::app {

/// Appends a word to a list of words.
inline void add_word(std::string& list, std::string_view word, std::string_view separator = " ") {
    if (!list.empty()) {
        list += separator;
    }
    list += word;
}

}  // namespace oriel::app
