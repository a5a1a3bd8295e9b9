// SPDX-License-Identifier: MIT
#include "documents/roff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "cli/inline_text.h"
#include "cli/version.h"
#include "documents/documents.h"
#include "documents/row_words.h"

namespace oriel::app {
namespace {

constexpr size_t kWidth = 78;

std::string upper(std::string_view text) {
    std::string capitals;
    for (const char c : text) {
        capitals += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return capitals;
}

}  // namespace

std::string roff_escape(std::string_view text, bool literal) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '\\':
                escaped += "\\(rs";
                break;
            case '-':
                escaped += "\\-";
                break;
            case '\'':
                // Elsewhere it is an apostrophe.
                escaped += literal ? "\\(aq" : "'";
                break;
            case '"':
                escaped += "\\(dq";
                break;
            case '^':
                escaped += "\\(ha";
                break;
            case '~':
                escaped += "\\(ti";
                break;
            case '`':
                escaped += "\\(ga";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string roff_with_fonts(std::string_view text) {
    using Kind = InlinePiece::Kind;
    std::string roff;
    for (const InlinePiece& piece : inline_pieces(text)) {
        const std::string escaped = roff_escape(piece.text, piece.kind == Kind::kLiteral);
        roff += piece.kind == Kind::kText
                    ? escaped
                    : fmt::format("\\f{}{}\\fR", piece.kind == Kind::kLiteral ? 'B' : 'I', escaped);
    }
    return roff;
}

std::string roff_filled(std::string_view text) {
    const std::string roff = roff_with_fonts(text);
    std::string lines;
    std::string line;
    const auto flush = [&] {
        // A dot or an apostrophe at the start would make it a request.
        const bool request = line.starts_with('.') || line.starts_with('\'');
        lines += (request ? "\\&" : "") + line + '\n';
        line.clear();
    };
    for (std::string_view rest = roff; !rest.empty();) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        if (!line.empty() && line.size() + 1 + word.size() > kWidth) {
            flush();
        }
        line += line.empty() ? "" : " ";
        line += word;
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    flush();
    return lines;
}

std::string roff_term(std::string_view name, std::string_view text) {
    return ".TP\n" + roff_with_fonts(name) + '\n' + roff_filled(text);
}

std::string roff_section(const ManualSection& from) {
    std::string lines = fmt::format(".SH {}\n", upper(from.title));
    for (size_t i = 0; i < from.paragraphs.size(); ++i) {
        lines += (i == 0 ? "" : ".PP\n") + roff_filled(from.paragraphs[i]);
    }
    for (const ManualTerm& one : from.terms) {
        lines += roff_term(one.term, one.text);
    }
    if (!from.example.empty()) {
        lines += ".nf\n" + roff_escape(from.example, true) + ".fi\n";
    }
    return lines;
}

std::string roff_option(const OptionRow& row) {
    std::string lines = roff_term(option_heading(row), option_text(row));
    if (!row.choices.empty()) {
        lines += ".RS\n";
        for (const Choice& choice : row.choices) {
            lines += roff_term(fmt::format("`{}`", choice.word), fmt::format("{}.", choice.text));
        }
        lines += ".RE\n";
    }
    return lines;
}

std::string roff_options(std::span<const OptionRow* const> rows) {
    std::string lines = rows.empty() ? "" : ".SH OPTIONS\n";
    const OptionRow* before = nullptr;
    for (const OptionRow* const row : rows) {
        if (before == nullptr || before->group != row->group) {
            lines += fmt::format(".SS {}\n", roff_with_fonts(group_title(row->group)));
        }
        lines += roff_option(*row);
        before = row;
    }
    return lines;
}

std::string roff_usage(const CommandRow& row) {
    return roff_with_fonts(
               fmt::format("`oriel {}`{}{}", row.name, row.usage.empty() ? "" : " ", row.usage)) +
           '\n';
}

std::string roff_ctl_usages() {
    std::string lines;
    for (const CtlRow& row : ctl_rows()) {
        lines += roff_with_fonts(fmt::format("`oriel ctl` {}", ctl_usage(row))) + '\n';
    }
    return lines;
}

std::string roff_ctl_commands() {
    std::string lines;
    for (const CtlRow& row : ctl_rows()) {
        lines += roff_term(ctl_usage(row), row.text);
    }
    return lines;
}

std::string roff_head(std::string_view name, std::string_view summary) {
    return fmt::format(
        ".\\\" SPDX-License-Identifier: MIT\n.\\\" {}\n"
        ".TH {} 1 \"{}\" \"Oriel {}\" \"User Commands\"\n"
        ".SH NAME\n{} \\- {}\n",
        kOrigin, roff_escape(upper(name), false), kManualDate, kVersion, roff_escape(name, false),
        roff_escape(summary, false));
}

}  // namespace oriel::app
