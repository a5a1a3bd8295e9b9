// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "cli/input_command.h"
#include "cli/option_id.h"
#include "cli/options.h"

namespace oriel::app {

/// The first word of a command line.
enum class CommandId : uint8_t {
    kShow,
    kHeadless,
    kRun,
    kView,
    kTest,
    kTrace,
    kKiosk,
    kCtl,
    kTop,
    kVersion
};

class CommandSet {
public:
    constexpr CommandSet(std::initializer_list<CommandId> commands) {
        for (const CommandId command : commands) {
            bits_ |= bit(command);
        }
    }
    [[nodiscard]] constexpr bool has(CommandId command) const {
        return (bits_ & bit(command)) != 0;
    }
    friend constexpr bool operator==(CommandSet, CommandSet) = default;

private:
    [[nodiscard]] static constexpr unsigned bit(CommandId command) {
        return 1U << static_cast<unsigned>(command);
    }
    unsigned bits_ = 0;
};

/// Texts in these tables have the marks of inline_text.h.
struct CommandRow {
    CommandId id;
    std::string_view name;
    std::string_view usage;  ///< what comes after the name
    std::string_view help;   ///< one line
};

/// The name by which `oriel ctl` knows the supervisor of `oriel kiosk`; no VM of its file has it.
constexpr std::string_view kKioskName = "kiosk";

/// One command of `oriel ctl`.
struct CtlRow {
    std::string_view name;
    std::string_view arguments;
    CtlOptions::Command command;
    InputCommand::Action action;  ///< only for kInput
    size_t least;                 ///< arguments
    size_t most;
    std::string_view expected;  ///< what a message about wrong arguments says after "expected"
    std::span<const OptionId> options;  ///< those that go with it, in the option table's order
    std::string_view help;              ///< one line
    std::string_view text;              ///< for the manual
    /// What a shell offers for the argument number `offered_at` (from 0): these words, or files.
    std::span<const std::string_view> offered_words{};
    bool offers_files = false;
    size_t offered_at = 0;
    /// Its VM's name comes before it.
    bool has_name = true;
    /// It is the supervisor's: its name, which is kKioskName, comes before it.
    bool of_kiosk = false;
};

[[nodiscard]] std::span<const CommandRow> command_rows();
[[nodiscard]] const CommandRow& command_row(CommandId id);
/// Null if there is no such command.
[[nodiscard]] const CommandRow* find_command(std::string_view name);

[[nodiscard]] std::span<const CtlRow> ctl_rows();
/// Null if there is no such command.
[[nodiscard]] const CtlRow* find_ctl_command(std::string_view name);

}  // namespace oriel::app
