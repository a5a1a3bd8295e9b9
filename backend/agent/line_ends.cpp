// SPDX-License-Identifier: MIT
#include "line_ends.h"

#include <algorithm>
#include <cstddef>

namespace oriel::agent {

std::string to_crlf(std::string_view text) {
    std::string out;
    out.reserve(text.size() + static_cast<size_t>(std::count(text.begin(), text.end(), '\n')));
    for (const char c : text) {
        if (c == '\n' && (out.empty() || out.back() != '\r')) {
            out += '\r';
        }
        out += c;
    }
    return out;
}

std::string to_lf(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '\n' && !out.empty() && out.back() == '\r') {
            out.back() = c;
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace oriel::agent
