// SPDX-License-Identifier: MIT
// A manual for each command: oriel-show(1) and so on.
#include <fmt/format.h>

#include <cctype>

#include "cli/option_table.h"
#include "documents/documents.h"
#include "documents/roff.h"

namespace oriel::app {
namespace {

std::string synopsis(const CommandRow& row) {
    return ".SH SYNOPSIS\n.nf\n" +
           (row.id == CommandId::kCtl ? roff_ctl_usages() : roff_usage(row)) + ".fi\n";
}

/// As whatis(1) prints it: without marks, and not a sentence.
std::string summary(const CommandRow& row) {
    std::string text{row.help};
    std::erase_if(text, [](char c) { return c == '`' || c == '*'; });
    text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
    return text;
}

std::string page_of(const CommandRow& row) {
    std::string page = roff_head(fmt::format("oriel-{}", row.name), summary(row));
    page += synopsis(row);
    page += ".SH DESCRIPTION\n" + roff_filled(fmt::format("{}.", row.help));
    page += ".PP\n" + roff_filled(
                          "What the commands have in common, keys, files and the exit "
                          "status are in `oriel`(1).");
    page += row.id == CommandId::kCtl ? ".SH COMMANDS\n" + roff_ctl_commands() : "";
    page += roff_options(options_of(row.id));
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
