// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_table.h"
#include "cli/option_id.h"

namespace oriel::app {

enum class OptionGroup : uint8_t { kVm, kScreens, kWindow, kInput, kVga, kTest, kCtl, kOther };

/// One word that an option takes, and what it means to the program and to the user.
struct Choice {
    std::string_view word;
    int value;  ///< an enumerator, or a number
    std::string_view text;
};

/// What a shell offers after an option; the words of `choices` in any case.
enum class Offers : uint8_t { kNothing, kFiles };

/// One option: all that the parser, `--help`, the manual, the options page and the completions of
/// shells know about it. Texts have the marks of inline_text.h.
struct OptionRow {
    OptionId id;
    OptionGroup group;
    CommandSet commands;
    std::string_view name;      ///< "--size"
    std::string_view argument;  ///< "WxH[@HZ]"; empty: a switch
    /// Its value where it isn't given; a text for readers if it has blanks.
    std::string_view fallback;
    std::string_view help;  ///< one line, without the choices and the default value
    std::string_view text;  ///< for the manual and the options page
    std::span<const Choice> choices{};
    Offers offers = Offers::kNothing;
};

[[nodiscard]] std::span<const OptionRow> option_rows();
[[nodiscard]] const OptionRow& option_row(OptionId id);
/// Null if no command has such an option.
[[nodiscard]] const OptionRow* find_option(std::string_view name);
/// The options of a command, in the table's order.
[[nodiscard]] std::vector<const OptionRow*> options_of(CommandId command);

/// What a group of options is about: "Screens".
[[nodiscard]] std::string_view group_title(OptionGroup group);

/// Whether an option of `oriel ctl` goes with one of its commands.
[[nodiscard]] bool goes_with(OptionId option, const CtlRow& command);
/// The names of the commands that an option of `oriel ctl` goes with.
[[nodiscard]] std::vector<std::string_view> ctl_commands_with(OptionId option);
/// The commands that have the option, in the table's order.
[[nodiscard]] std::vector<std::string_view> commands_with(const OptionRow& option);

/// "fit, integer, stretch or none".
[[nodiscard]] std::string words_of(std::span<const Choice> choices);
/// "a, b or c", with another word for "or".
[[nodiscard]] std::string join_words(std::span<const std::string_view> words,
                                     std::string_view last = "or");

}  // namespace oriel::app
