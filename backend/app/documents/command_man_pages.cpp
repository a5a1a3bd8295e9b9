// SPDX-License-Identifier: MIT
// A manual for each command: oriel-show(1) and so on.
#include <fmt/format.h>

#include <cctype>

#include "cli/option_table.h"
#include "documents/documents.h"
#include "documents/roff.h"
#include "documents/row_words.h"

namespace oriel::app {
namespace {

std::string line_of(std::string_view words) {
    return roff_with_fonts(words) + '\n';
}

std::string synopsis(const CommandRow& row) {
    std::string lines = ".SH SYNOPSIS\n.nf\n";
    if (row.id == CommandId::kCtl) {
        for (const CtlRow& command : ctl_rows()) {
            lines += line_of(fmt::format("`oriel ctl` {}", ctl_usage(command)));
        }
    } else {
        lines += line_of(
            fmt::format("`oriel {}`{}{}", row.name, row.usage.empty() ? "" : " ", row.usage));
    }
    return lines + ".fi\n";
}

/// As whatis(1) prints it: without marks, and not a sentence.
std::string summary(const CommandRow& row) {
    std::string text{row.help};
    std::erase_if(text, [](char c) { return c == '`' || c == '*'; });
    text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
    return text;
}

std::string commands() {
    std::string lines = ".SH COMMANDS\n";
    for (const CtlRow& row : ctl_rows()) {
        lines += roff_term(ctl_usage(row), row.text);
    }
    return lines;
}

std::string options(CommandId command) {
    const std::vector<const OptionRow*> rows = options_of(command);
    std::string lines = rows.empty() ? "" : ".SH OPTIONS\n";
    const OptionRow* before = nullptr;
    for (const OptionRow* row : rows) {
        if (before == nullptr || before->group != row->group) {
            lines += fmt::format(".SS {}\n", roff_with_fonts(group_title(row->group)));
        }
        lines += roff_option(*row);
        before = row;
    }
    return lines;
}

std::string page_of(const CommandRow& row) {
    std::string page = roff_head(fmt::format("oriel-{}", row.name), summary(row));
    page += synopsis(row);
    page += ".SH DESCRIPTION\n" + roff_filled(fmt::format("{}.", row.help));
    page += ".PP\n" + roff_filled(
                          "What the commands have in common, keys, files and the exit "
                          "status are in `oriel`(1).");
    page += row.id == CommandId::kCtl ? commands() : "";
    page += options(row.id);
    return page + ".SH SEE ALSO\n" + roff_filled("`oriel`(1)");
}

}  // namespace

std::vector<Document> command_man_pages() {
    std::vector<Document> pages;
    for (const CommandRow& row : command_rows()) {
        if (row.id != CommandId::kVersion) {
            pages.push_back({fmt::format("data/man/oriel-{}.1", row.name), page_of(row)});
        }
    }
    return pages;
}

}  // namespace oriel::app
