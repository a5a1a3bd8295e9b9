// SPDX-License-Identifier: MIT
#include "cli/inline_text.h"

namespace oriel::app {

std::vector<InlinePiece> inline_pieces(std::string_view text) {
    using Kind = InlinePiece::Kind;
    std::vector<InlinePiece> pieces;
    Kind kind = Kind::kText;
    while (!text.empty()) {
        const std::string_view ends = kind == Kind::kText      ? "`*"
                                      : kind == Kind::kLiteral ? "`"
                                                               : "*";
        const size_t end = text.find_first_of(ends);
        if (end != 0) {
            pieces.push_back({kind, text.substr(0, end)});
        }
        if (end == std::string_view::npos) {
            break;
        }
        if (kind != Kind::kText) {
            kind = Kind::kText;
        } else {
            kind = text[end] == '`' ? Kind::kLiteral : Kind::kPlaceholder;
        }
        text.remove_prefix(end + 1);
    }
    return pieces;
}

std::string plain_text(std::string_view text) {
    std::string plain;
    for (const InlinePiece& piece : inline_pieces(text)) {
        plain += piece.text;
    }
    return plain;
}

}  // namespace oriel::app
