// SPDX-License-Identifier: MIT
// The manual, in roff's man macros.
#include <fmt/format.h>

#include <cctype>
#include <string_view>

#include "cli/inline_text.h"
#include "cli/option_table.h"
#include "cli/version.h"
#include "documents/documents.h"
#include "documents/manual_prose.h"
#include "documents/row_words.h"

namespace oriel::app {
namespace {

constexpr size_t kWidth = 78;

std::string escape(std::string_view text, bool literal) {
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

std::string with_fonts(std::string_view text) {
    using Kind = InlinePiece::Kind;
    std::string roff;
    for (const InlinePiece& piece : inline_pieces(text)) {
        const std::string escaped = escape(piece.text, piece.kind == Kind::kLiteral);
        roff += piece.kind == Kind::kText
                    ? escaped
                    : fmt::format("\\f{}{}\\fR", piece.kind == Kind::kLiteral ? 'B' : 'I', escaped);
    }
    return roff;
}

/// In lines of some kWidth characters.
std::string filled(std::string_view text) {
    const std::string roff = with_fonts(text);
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

std::string upper(std::string_view text) {
    std::string capitals;
    for (const char c : text) {
        capitals += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return capitals;
}

std::string term(std::string_view name, std::string_view text) {
    return ".TP\n" + with_fonts(name) + '\n' + filled(text);
}

std::string synopsis() {
    std::string lines = ".SH SYNOPSIS\n.nf\n";
    for (const CommandRow& row : command_rows()) {
        if (row.id != CommandId::kCtl) {
            lines += with_fonts(fmt::format("`oriel {}`{}{}", row.name,
                                            row.usage.empty() ? "" : " ", row.usage)) +
                     '\n';
        }
    }
    for (const CtlRow& row : ctl_rows()) {
        lines += with_fonts(fmt::format("`oriel ctl` {}", ctl_usage(row))) + '\n';
    }
    return lines + ".fi\n";
}

std::string section(const ManualSection& from) {
    std::string lines = fmt::format(".SH {}\n", upper(from.title));
    for (size_t i = 0; i < from.paragraphs.size(); ++i) {
        lines += (i == 0 ? "" : ".PP\n") + filled(from.paragraphs[i]);
    }
    for (const ManualTerm& one : from.terms) {
        lines += term(one.term, one.text);
    }
    if (!from.example.empty()) {
        lines += ".nf\n" + escape(from.example, true) + ".fi\n";
    }
    return lines;
}

std::string option(const OptionRow& row) {
    std::string lines = term(option_heading(row), option_text(row));
    if (!row.choices.empty()) {
        lines += ".RS\n";
        for (const Choice& choice : row.choices) {
            lines += term(fmt::format("`{}`", choice.word), fmt::format("{}.", choice.text));
        }
        lines += ".RE\n";
    }
    return lines;
}

std::string options() {
    std::string lines = ".SH OPTIONS\n";
    const OptionRow* before = nullptr;
    for (const OptionRow& row : option_rows()) {
        if (before == nullptr || before->group != row.group) {
            lines += fmt::format(".SS {}\n", with_fonts(group_title(row.group)));
        }
        lines += option(row);
        before = &row;
    }
    return lines;
}

std::string commands() {
    std::string lines = ".SH COMMANDS OF CTL\n";
    for (const CtlRow& row : ctl_rows()) {
        lines += term(ctl_usage(row), row.text);
    }
    return lines;
}

}  // namespace

std::string man_page() {
    std::string page = fmt::format(
        ".\\\" SPDX-License-Identifier: MIT\n.\\\" {}\n"
        ".TH ORIEL 1 \"{}\" \"Oriel {}\" \"User Commands\"\n"
        ".SH NAME\noriel \\- present a virtual machine as a native Wayland window\n",
        kOrigin, kManualDate, kVersion);
    page += synopsis();
    page += section(description_section());
    page += options();
    page += commands();
    for (const ManualSection& one : closing_sections()) {
        page += section(one);
    }
    return page;
}

}  // namespace oriel::app
