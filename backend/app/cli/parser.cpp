// SPDX-License-Identifier: MIT
// The only file that includes CLI11: it is slow to compile.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "cli/checks.h"
#include "cli/help.h"
#include "cli/nearest_word.h"
#include "cli/options.h"
#include "cli/version.h"

namespace oriel::app {
namespace {

bool is_option(std::string_view word) {
    return word.size() > 1 && word.starts_with('-');
}

/// CLI11 takes a negative number for an option, so its sign looks different while that reads.
constexpr char kMinus = '\x01';

void hide_minus(std::string& word) {
    if (word.size() > 1 && word[0] == '-' &&
        ((word[1] >= '0' && word[1] <= '9') || word[1] == '.')) {
        word[0] = kMinus;
    }
}

void show_minus(std::string& word) {
    if (!word.empty() && word[0] == kMinus) {
        word[0] = '-';
    }
}

std::vector<std::string_view> command_names() {
    std::vector<std::string_view> names;
    for (const CommandRow& row : command_rows()) {
        names.push_back(row.name);
    }
    return names;
}

/// What isn't one of the command's options: one of another command, or one that nobody has.
[[noreturn]] void refuse_extra(const CommandRow& command, const std::string& word) {
    const std::string name = word.substr(0, word.find('='));
    if (!is_option(word)) {
        refuse(
            fmt::format("{}: unexpected argument '{}'{} (see oriel {} --help)", command.name, word,
                        command.id == CommandId::kRun ? ": the VMM's command line follows --" : "",
                        command.name));
    }
    std::vector<std::string_view> names;
    for (const OptionRow* row : options_of(command.id)) {
        names.push_back(row->name);
    }
    if (const OptionRow* row = find_option(name)) {
        const std::vector<std::string_view> others = commands_with(*row);
        refuse(others.empty()
                   ? fmt::format("{}: {} stands in place of a command", command.name, name)
                   : fmt::format("{}: {} goes with {} only", command.name, name,
                                 join_words(others, "and")));
    }
    refuse(fmt::format("{}: unknown option '{}'{} (see oriel {} --help)", command.name, name,
                       suggestion(name, names), command.name));
}

/// CLI11's complaint about an option, in our words.
[[noreturn]] void refuse_value(const CommandRow& command, const CLI::App& app,
                               const CLI::ParseError& error) {
    const std::string_view what = error.what();
    for (const OptionRow* row : options_of(command.id)) {
        if (!what.starts_with(fmt::format("{}:", row->name))) {
            continue;
        }
        if (app.get_option(std::string{row->name})->count() > 1) {
            refuse(fmt::format("{}: {} is given more than once", command.name, row->name));
        }
        if (!row->argument.empty()) {
            refuse(fmt::format("{}: {} needs a value: {} {}", command.name, row->name, row->name,
                               row->argument));
        }
    }
    refuse(fmt::format("{}: {} (see oriel {} --help)", command.name, what, command.name));
}

/// CLI11 would take "--keep=no" for a switch that isn't given.
void refuse_switch_values(const CommandRow& command, const std::vector<std::string>& arguments) {
    for (const std::string& word : arguments) {
        const size_t equals = word.find('=');
        const OptionRow* row = find_option(word.substr(0, equals));
        if (equals != std::string::npos && row != nullptr && row->argument.empty() &&
            row->commands.has(command.id)) {
            refuse(fmt::format("{}: {} takes no value", command.name, row->name));
        }
    }
}

void add_options(CLI::App& app, CommandId command, GivenOptions& given) {
    for (const OptionRow* row : options_of(command)) {
        const std::string name{row->name};
        GivenOptions::Value& value = given.value(row->id);
        if (row->id == OptionId::kHelp) {
            app.set_help_flag("-h,--help");
        } else if (row->argument.empty()) {
            app.add_flag(name, value.given);
        } else {
            // The one that hands have learnt from make, ninja and meson.
            const bool jobs = row->id == OptionId::kJobs;
            app.add_option(jobs ? "-j," + name : name, value.text);
        }
    }
    if (command == CommandId::kCtl || command == CommandId::kKiosk || command == CommandId::kView ||
        command == CommandId::kTest || command == CommandId::kTrace) {
        app.add_option("words", given.words);
    }
    // They get a message of ours.
    app.allow_extras();
}

/// Nothing if help was asked for.
std::optional<GivenOptions> read_options(const CommandRow& command,
                                         const std::vector<std::string>& arguments) {
    refuse_switch_values(command, arguments);
    CLI::App app;
    GivenOptions given;
    add_options(app, command.id, given);
    // CLI11 takes them from the back.
    std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};
    if (command.id == CommandId::kCtl) {
        std::for_each(reversed.begin(), reversed.end(), hide_minus);
    }
    try {
        app.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
        return std::nullopt;
    } catch (const CLI::ParseError& error) {
        refuse_value(command, app, error);
    }
    if (const auto extras = app.remaining(); !extras.empty()) {
        std::string extra = extras.front();
        show_minus(extra);
        refuse_extra(command, extra);
    }
    for (const OptionRow* row : options_of(command.id)) {
        GivenOptions::Value& value = given.value(row->id);
        value.given = value.given || app.get_option(std::string{row->name})->count() > 0;
        show_minus(value.text);
    }
    std::for_each(given.words.begin(), given.words.end(), show_minus);
    return given;
}

/// The first word when it is no command: `oriel --help`, or a mistake.
Options without_command(const std::string& first) {
    if (first == "--help" || first == "-h") {
        return PrintOptions{program_help()};
    }
    if (first == option_row(OptionId::kVersion).name) {
        return PrintOptions{version_line()};
    }
    if (is_option(first)) {
        const auto options = std::to_array<std::string_view>({"--help", "--version"});
        const bool known = find_option(first) != nullptr;
        const std::string nearest = known ? "" : suggestion(first, options);
        refuse(fmt::format("unexpected option '{}'{} (see oriel --help)", first,
                           nearest.empty() ? fmt::format(": expected a command first, {}",
                                                         join_words(command_names()))
                                           : nearest));
    }
    const std::vector<std::string_view> names = command_names();
    const std::string nearest = suggestion(first, names);
    refuse(
        fmt::format("unknown command '{}'{} (see oriel --help)", first,
                    nearest.empty() ? fmt::format(": expected {}", join_words(names)) : nearest));
}

}  // namespace

Options parse_options(const std::vector<std::string>& all) {
    // What is behind "--" is not ours to read.
    const auto end = std::find(all.begin(), all.end(), "--");
    if (end == all.begin()) {
        refuse(
            fmt::format("no command: expected {} (see oriel --help)", join_words(command_names())));
    }
    const CommandRow* command = find_command(all.front());
    if (command == nullptr) {
        return without_command(all.front());
    }
    const auto given = read_options(*command, {all.begin() + 1, end});
    if (!given) {
        return PrintOptions{command_help(command->id)};
    }
    std::vector<std::string> vmm{end == all.end() ? end : end + 1, all.end()};
    if (command->id == CommandId::kRun && vmm.empty()) {
        refuse(
            "run: which VMM? Expected -- and its command line, for example oriel run -- "
            "qemu-system-x86_64 -m 4G disk.qcow2");
    }
    if (command->id != CommandId::kRun && end != all.end()) {
        refuse(fmt::format("{}: '--' goes with run only", command->name));
    }
    switch (command->id) {
        case CommandId::kShow:
        case CommandId::kHeadless:
        case CommandId::kRun:
            return check_serve(*given, command->id, std::move(vmm));
        case CommandId::kView:
            return check_view(*given);
        case CommandId::kTest:
            return check_test(*given);
        case CommandId::kTrace:
            return check_trace(*given);
        case CommandId::kKiosk:
            return check_kiosk(*given);
        case CommandId::kCtl:
            return check_ctl(*given);
        case CommandId::kTop:
            return check_top(*given);
        case CommandId::kVersion:
            break;
    }
    return PrintOptions{version_line()};
}

}  // namespace oriel::app
