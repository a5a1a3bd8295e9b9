// SPDX-License-Identifier: MIT
#include "cli/help.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "cli/inline_text.h"
#include "cli/version.h"

namespace oriel::app {
namespace {

constexpr size_t kIndent = 2;
constexpr size_t kColumn = 28;
constexpr size_t kWidth = 80;

/// `text` from kColumn to kWidth. The first line has `at` characters already.
std::string in_column(std::string_view text, size_t at) {
    std::string lines;
    if (at + 2 > kColumn) {
        lines += '\n';
        at = 0;
    }
    lines.append(kColumn - at, ' ');
    size_t column = kColumn;
    bool first = true;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        if (!first && column + 1 + word.size() > kWidth) {
            lines += '\n';
            lines.append(kColumn, ' ');
            column = kColumn;
            first = true;
        }
        if (!first) {
            lines += ' ';
            ++column;
        }
        lines += word;
        column += word.size();
        first = false;
        text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    return lines + '\n';
}

std::string entry(const std::string& what, std::string_view help) {
    return std::string(kIndent, ' ') + what + in_column(help, kIndent + what.size());
}

std::string option_entry(const OptionRow& row) {
    std::string what{row.name};
    if (!row.argument.empty()) {
        what += fmt::format(" {}", row.argument);
    }
    std::string help = full_help(row);
    if (row.group == OptionGroup::kCtl) {
        help = fmt::format("{}; goes with {}", help, join_words(ctl_commands_with(row.id), "and"));
    }
    return entry(what, help);
}

std::string ctl_entries() {
    std::string entries = "\nCommands:\n";
    for (const CtlRow& row : ctl_rows()) {
        std::string what = row.of_kiosk ? "kiosk " : row.has_name ? "NAME " : "";
        what += row.name;
        if (!row.arguments.empty()) {
            what += ' ' + plain_text(row.arguments);
        }
        entries += entry(what, row.help);
    }
    return entries;
}

}  // namespace

std::string version_line() {
    return fmt::format("oriel {}\n", kVersion);
}

std::string full_help(const OptionRow& row) {
    std::string help{row.help};
    if (!row.choices.empty()) {
        help += fmt::format(": {}", words_of(row.choices));
    }
    if (!row.fallback.empty()) {
        help += fmt::format(" [{}]", row.fallback);
    }
    return help;
}

std::string program_help() {
    std::string help =
        "Presents a virtual machine as a native Wayland window.\n\n"
        "Usage: oriel COMMAND [OPTION]...\n\nCommands:\n";
    for (const CommandRow& row : command_rows()) {
        help += entry(std::string{row.name}, row.help);
    }
    help += "\nOptions:\n";
    help += entry("--help", "Prints this help; behind a command, that command's options");
    help += option_entry(option_row(OptionId::kVersion));
    return help + "\nThe manual: man oriel\n";
}

std::string command_help(CommandId command) {
    const CommandRow& row = command_row(command);
    std::string usage = plain_text(row.usage);
    std::string help = fmt::format("{}.\n\nUsage: oriel {}{}{}\n", row.help, row.name,
                                   usage.empty() ? "" : " ", usage);
    if (command == CommandId::kCtl) {
        help += ctl_entries();
    }
    const OptionRow* before = nullptr;
    for (const OptionRow* option : options_of(command)) {
        if (before == nullptr || before->group != option->group) {
            help += fmt::format("\n{}:\n", group_title(option->group));
        }
        help += option_entry(*option);
        before = option;
    }
    return help;
}

}  // namespace oriel::app
