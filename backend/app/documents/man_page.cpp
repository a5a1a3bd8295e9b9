// SPDX-License-Identifier: MIT
// The manual of the whole program, oriel(1).
#include <fmt/format.h>

#include "cli/option_table.h"
#include "documents/documents.h"
#include "documents/manual_prose.h"
#include "documents/roff.h"
#include "documents/row_words.h"

namespace oriel::app {
namespace {

std::string synopsis() {
    std::string lines = ".SH SYNOPSIS\n.nf\n";
    for (const CommandRow& row : command_rows()) {
        if (row.id != CommandId::kCtl) {
            lines += roff_with_fonts(fmt::format("`oriel {}`{}{}", row.name,
                                                 row.usage.empty() ? "" : " ", row.usage)) +
                     '\n';
        }
    }
    for (const CtlRow& row : ctl_rows()) {
        lines += roff_with_fonts(fmt::format("`oriel ctl` {}", ctl_usage(row))) + '\n';
    }
    return lines + ".fi\n";
}

std::string options() {
    std::string lines = ".SH OPTIONS\n";
    const OptionRow* before = nullptr;
    for (const OptionRow& row : option_rows()) {
        if (before == nullptr || before->group != row.group) {
            lines += fmt::format(".SS {}\n", roff_with_fonts(group_title(row.group)));
        }
        lines += roff_option(row);
        before = &row;
    }
    return lines;
}

std::string commands() {
    std::string lines = ".SH COMMANDS OF CTL\n";
    for (const CtlRow& row : ctl_rows()) {
        lines += roff_term(ctl_usage(row), row.text);
    }
    return lines;
}

}  // namespace

std::string man_page() {
    std::string page = roff_head("oriel", "present a virtual machine as a native Wayland window");
    page += synopsis();
    page += roff_section(description_section());
    page += options();
    page += commands();
    for (const ManualSection& one : closing_sections()) {
        page += roff_section(one);
    }
    return page;
}

}  // namespace oriel::app
