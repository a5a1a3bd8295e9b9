// SPDX-License-Identifier: MIT
// The options page, in Markdown.
#include <fmt/format.h>

#include <string_view>

#include "cli/option_table.h"
#include "documents/documents.h"
#include "documents/manual_prose.h"
#include "documents/row_words.h"

namespace oriel::app {
namespace {

/// The marks are those of Markdown already.
std::string list_item(std::string_view term, std::string_view text) {
    return fmt::format("- {}: {}\n", term, text);
}

std::string section(const ManualSection& from) {
    std::string lines = fmt::format("\n## {}\n\n", from.title);
    for (size_t i = 0; i < from.paragraphs.size(); ++i) {
        lines += fmt::format("{}{}\n", i == 0 ? "" : "\n", from.paragraphs[i]);
    }
    for (const ManualTerm& one : from.terms) {
        lines += list_item(one.term, one.text);
    }
    if (!from.example.empty()) {
        lines += fmt::format("```sh\n{}```\n", from.example);
    }
    return lines;
}

std::string commands() {
    std::string lines = "\n## Commands\n\n";
    for (const CommandRow& row : command_rows()) {
        const std::string usage = row.usage.empty() ? "" : fmt::format(" {}", row.usage);
        lines +=
            list_item(fmt::format("`oriel {}`{}", row.name, usage), fmt::format("{}.", row.help));
    }
    return lines;
}

std::string options() {
    std::string lines = "\n## Options\n";
    const OptionRow* before = nullptr;
    for (const OptionRow& row : option_rows()) {
        if (before == nullptr || before->group != row.group) {
            lines += fmt::format("\n### {}\n", group_title(row.group));
        }
        lines += fmt::format("\n#### {}\n\n{}\n", option_heading(row), option_text(row));
        if (!row.choices.empty()) {
            lines += '\n';
        }
        for (const Choice& choice : row.choices) {
            lines += list_item(fmt::format("`{}`", choice.word), fmt::format("{}.", choice.text));
        }
        before = &row;
    }
    return lines;
}

std::string ctl_commands() {
    std::string lines = "\n## Commands of `oriel ctl`\n\n";
    for (const CtlRow& row : ctl_rows()) {
        lines += list_item(fmt::format("`oriel ctl` {}", ctl_usage(row)), row.text);
    }
    return lines;
}

}  // namespace

std::string options_page() {
    std::string page = fmt::format("<!-- {} -->\n# Commands and options of `oriel`\n", kOrigin);
    page += section(description_section());
    page += commands();
    page += options();
    page += ctl_commands();
    for (const ManualSection& one : closing_sections()) {
        page += section(one);
    }
    return page;
}

}  // namespace oriel::app
