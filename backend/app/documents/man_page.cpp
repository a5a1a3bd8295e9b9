// SPDX-License-Identifier: MIT
// The manual of the whole program, oriel(1).
#include <vector>

#include "cli/option_table.h"
#include "documents/documents.h"
#include "documents/manual_prose.h"
#include "documents/roff.h"

namespace oriel::app {
namespace {

std::string synopsis() {
    std::string lines = ".SH SYNOPSIS\n.nf\n";
    for (const CommandRow& row : command_rows()) {
        if (row.id != CommandId::kCtl) {
            lines += roff_usage(row);
        }
    }
    return lines + roff_ctl_usages() + ".fi\n";
}

std::string options() {
    std::vector<const OptionRow*> rows;
    for (const OptionRow& row : option_rows()) {
        rows.push_back(&row);
    }
    return roff_options(rows);
}

}  // namespace

std::string man_page() {
    std::string page = roff_head("oriel", "present a virtual machine as a native Wayland window");
    page += synopsis();
    page += roff_section(description_section());
    page += options();
    page += ".SH COMMANDS OF CTL\n" + roff_ctl_commands();
    for (const ManualSection& one : closing_sections()) {
        page += roff_section(one);
    }
    return page;
}

}  // namespace oriel::app
