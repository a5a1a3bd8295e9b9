// SPDX-License-Identifier: MIT
#include "documents/row_words.h"

#include <fmt/format.h>

#include <vector>

namespace oriel::app {
namespace {

std::string literals(const std::vector<std::string_view>& words) {
    std::vector<std::string> marked;
    marked.reserve(words.size());
    for (const std::string_view word : words) {
        marked.push_back(fmt::format("`{}`", word));
    }
    return join_words(std::vector<std::string_view>{marked.begin(), marked.end()}, "and");
}

/// "With `show` and `run` only."; empty for options of all the commands that serve a VM.
std::string which_commands(const OptionRow& row) {
    if (row.group == OptionGroup::kCtl) {
        return fmt::format(" With {} only.", literals(ctl_commands_with(row.id)));
    }
    const std::vector<std::string_view> names = commands_with(row);
    const bool serving = row.commands.has(CommandId::kShow) &&
                         row.commands.has(CommandId::kHeadless) &&
                         row.commands.has(CommandId::kRun);
    return names.empty() || serving ? std::string{}
                                    : fmt::format(" With {} only.", literals(names));
}

}  // namespace

std::string option_heading(const OptionRow& row) {
    std::string heading = fmt::format("`{}`", row.name);
    if (!row.argument.empty()) {
        heading += fmt::format(" *{}*", row.argument);
    }
    return heading;
}

std::string option_text(const OptionRow& row) {
    std::string text{row.text};
    if (row.fallback.find(' ') != std::string_view::npos) {
        text += fmt::format(" Default: {}.", row.fallback);
    } else if (!row.fallback.empty()) {
        text += fmt::format(" Default: `{}`.", row.fallback);
    }
    return text + which_commands(row);
}

std::string ctl_usage(const CtlRow& row) {
    std::string usage = row.of_kiosk ? "`kiosk` " : row.has_name ? "*NAME* " : "";
    usage += fmt::format("`{}`", row.name);
    if (!row.arguments.empty()) {
        usage += fmt::format(" {}", row.arguments);
    }
    for (const OptionId id : row.options) {
        // One of the two.
        if (id == OptionId::kDown) {
            usage += " [`--down`|`--up`]";
        } else if (id != OptionId::kUp) {
            usage += fmt::format(" [{}]", option_heading(option_row(id)));
        }
    }
    return usage;
}

}  // namespace oriel::app
