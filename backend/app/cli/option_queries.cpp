// SPDX-License-Identifier: MIT
// What is asked of the table of options beyond its rows.
#include <algorithm>

#include "cli/option_table.h"

namespace oriel::app {

std::vector<const OptionRow*> options_of(CommandId command) {
    std::vector<const OptionRow*> rows;
    for (const OptionRow& row : option_rows()) {
        if (row.commands.has(command)) {
            rows.push_back(&row);
        }
    }
    return rows;
}

std::string_view group_title(OptionGroup group) {
    switch (group) {
        case OptionGroup::kVm:
            return "The VM and its sockets";
        case OptionGroup::kScreens:
            return "Screens";
        case OptionGroup::kWindow:
            return "Windows";
        case OptionGroup::kInput:
            return "Keyboard and pointer";
        case OptionGroup::kVga:
            return "VGA";
        case OptionGroup::kTest:
            return "Tests";
        case OptionGroup::kCtl:
            return "Options of ctl";
        case OptionGroup::kOther:
            return "Other";
    }
    return {};
}

bool goes_with(OptionId option, const CtlRow& command) {
    return option_row(option).group != OptionGroup::kCtl ||
           std::find(command.options.begin(), command.options.end(), option) !=
               command.options.end();
}

std::vector<std::string_view> ctl_commands_with(OptionId option) {
    std::vector<std::string_view> names;
    for (const CtlRow& row : ctl_rows()) {
        if (goes_with(option, row)) {
            names.push_back(row.name);
        }
    }
    return names;
}

std::vector<std::string_view> commands_with(const OptionRow& option) {
    std::vector<std::string_view> names;
    for (const CommandRow& command : command_rows()) {
        if (option.commands.has(command.id)) {
            names.push_back(command.name);
        }
    }
    return names;
}

std::string words_of(std::span<const Choice> choices) {
    std::vector<std::string_view> words;
    for (const Choice& choice : choices) {
        words.push_back(choice.word);
    }
    return join_words(words);
}

std::string join_words(std::span<const std::string_view> words, std::string_view last) {
    std::string joined;
    for (size_t i = 0; i < words.size(); ++i) {
        if (i > 0 && i + 1 == words.size()) {
            joined += ' ';
            joined += last;
            joined += ' ';
        } else if (i > 0) {
            joined += ", ";
        }
        joined += words[i];
    }
    return joined;
}

}  // namespace oriel::app
