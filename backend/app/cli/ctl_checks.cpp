// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <string_view>

#include "cli/checks.h"
#include "cli/nearest_word.h"
#include "cli/screen_command.h"
#include "core/result.h"
#include "scanout/scanout_id.h"

namespace oriel::app {
namespace {

using Command = CtlOptions::Command;

uint32_t check_scanout(const std::string& text) {
    const auto scanout = parse_number(text);
    if (!scanout || *scanout >= kMaxScanouts) {
        refuse(fmt::format("--scanout {}: expected 0 to {}", text, kMaxScanouts - 1));
    }
    return *scanout;
}

std::chrono::duration<double> check_timeout(const std::string& text) {
    constexpr double kDay = 86'400;
    double seconds = -1;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, seconds);
    // Written so that a NaN is refused.
    if (error != std::errc{} || stop != end || !(seconds >= 0 && seconds <= kDay)) {
        refuse(fmt::format("--timeout {}: expected 0 to {} seconds", text, kDay));
    }
    return std::chrono::duration<double>{seconds};
}

uint32_t check_rate(const std::string& text) {
    const auto rate = parse_number(text);
    if (!rate || *rate < 1 || *rate > kMostRecordRate) {
        refuse(fmt::format("--rate {}: expected 1 to {}", text, kMostRecordRate));
    }
    return *rate;
}

void check_record(const GivenOptions& given, const std::string& file, CtlOptions& options) {
    options.record_stop = file == "stop";
    options.file = options.record_stop ? std::string{} : file;
    for (const OptionId id :
         {OptionId::kCursor, OptionId::kRate, OptionId::kVariable, OptionId::kCodec}) {
        if (options.record_stop && given.has(id)) {
            refuse(fmt::format("ctl record stop: {} goes with a file", option_row(id).name));
        }
    }
    options.record = {.rate = check_rate(given.text_or_default(OptionId::kRate)),
                      .variable = given.has(OptionId::kVariable),
                      .cursor = options.cursor};
    const std::string codec = given.text_or_default(OptionId::kCodec);
    const auto& choices = option_row(OptionId::kCodec).choices;
    const auto chosen = std::find_if(choices.begin(), choices.end(),
                                     [&](const Choice& choice) { return choice.word == codec; });
    if (chosen == choices.end()) {
        refuse(fmt::format("--codec {}: expected {}", codec, words_of(choices)));
    }
    options.codec = codec == "auto" ? std::string{} : codec;
}

std::vector<std::string_view> ctl_names() {
    std::vector<std::string_view> names;
    for (const CtlRow& row : ctl_rows()) {
        names.push_back(row.name);
    }
    return names;
}

constexpr std::string_view kExpected =
    "expected NAME and a command, for example vm stats, or list (see oriel ctl --help)";

/// One word alone: a name without a command, a command without a name, or `list` misspelt.
[[noreturn]] void refuse_single(const std::string& word) {
    if (find_ctl_command(word) != nullptr) {
        refuse(fmt::format("ctl {}: which VM? Expected NAME {} (oriel ctl list prints the names)",
                           word, word));
    }
    std::vector<std::string_view> nameless;
    for (const CtlRow& row : ctl_rows()) {
        if (!row.has_name) {
            nameless.push_back(row.name);
        }
    }
    const std::string_view nearest = nearest_word(word, nameless);
    if (!nearest.empty()) {
        refuse(fmt::format("ctl {}: expected a command after that name, or did you mean '{}'?",
                           word, nearest));
    }
    refuse(fmt::format("ctl {}: {}", word, kExpected));
}

/// The row of the command in `words`, which may be one without a VM's name before it.
const CtlRow& check_command(const std::vector<std::string>& words) {
    const CtlRow* first = words.empty() ? nullptr : find_ctl_command(words[0]);
    if (words.size() == 1 && first != nullptr && !first->has_name) {
        return *first;
    }
    if (words.size() == 1) {
        refuse_single(words[0]);
    }
    if (words.empty()) {
        refuse(fmt::format("ctl: {}", kExpected));
    }
    check_name(words[0]);
    const CtlRow* row = find_ctl_command(words[1]);
    if (row == nullptr) {
        const auto names = ctl_names();
        const std::string nearest = suggestion(words[1], names);
        refuse(fmt::format(
            "ctl: unknown command '{}'{}", words[1],
            nearest.empty() ? fmt::format(": expected {}", join_words(names)) : nearest));
    }
    if (!row->has_name) {
        refuse(fmt::format("ctl {}: expected no name before it", row->name));
    }
    if (row->of_kiosk && words[0] != kKioskName) {
        refuse(fmt::format("ctl {0}: that is the supervisor's: expected {1} {0}{2}", row->name,
                           kKioskName, row->least == 0 ? "" : " VM"));
    }
    return *row;
}

/// The same with --all in a name's place.
const CtlRow& check_command_for_all(const std::vector<std::string>& words) {
    const CtlRow* row = words.empty() ? nullptr : find_ctl_command(words[0]);
    if (row == nullptr || !goes_with(OptionId::kAllVms, *row) || words.size() > 1) {
        refuse(fmt::format("ctl --all: expected {}, and no name",
                           join_words(ctl_commands_with(OptionId::kAllVms))));
    }
    return *row;
}

/// Each option that is given goes with the command.
void check_options(const GivenOptions& given, const CtlRow& row) {
    for (const OptionRow& option : option_rows()) {
        if (given.has(option.id) && !goes_with(option.id, row)) {
            const bool held = option.id == OptionId::kDown || option.id == OptionId::kUp;
            refuse(fmt::format("ctl {}: {} with {} only", row.name,
                               held ? "--down and --up go" : fmt::format("{} goes", option.name),
                               join_words(ctl_commands_with(option.id), "and")));
        }
    }
    if (given.has(OptionId::kDown) && given.has(OptionId::kUp)) {
        refuse("--down and --up: give one of them, not both");
    }
    if (given.has(OptionId::kJson) && given.has(OptionId::kOpenMetrics)) {
        refuse("--json and --openmetrics: give one of them, not both");
    }
}

void check_arguments(const CtlRow& row, std::span<const std::string> arguments) {
    if (arguments.size() > row.most) {
        refuse(fmt::format("ctl {}: too many arguments: '{}'", row.name, arguments[row.most]));
    }
    if (arguments.size() < row.least) {
        refuse(fmt::format("ctl {}: expected {}", row.name, row.expected));
    }
}

}  // namespace

CtlOptions check_ctl(const GivenOptions& given) {
    using State = InputCommand::State;
    const bool all = given.has(OptionId::kAllVms);
    const CtlRow& row = all ? check_command_for_all(given.words) : check_command(given.words);
    check_options(given, row);
    CtlOptions options;
    options.command = row.command;
    options.json = given.has(OptionId::kJson);
    options.openmetrics = given.has(OptionId::kOpenMetrics);
    options.all = all;
    options.allow_stale = given.has(OptionId::kAllowStale);
    options.cursor = given.has(OptionId::kCursor);
    options.ocr = given.has(OptionId::kOcr);
    options.serial = given.text_or_default(OptionId::kSerialFile);
    options.state = given.has(OptionId::kDown) ? State::kDown
                    : given.has(OptionId::kUp) ? State::kUp
                                               : State::kTap;
    options.scanout = check_scanout(given.text_or_default(OptionId::kScanout));
    if (!row.has_name || all) {
        return options;
    }
    options.name = given.words[0];
    const std::vector<std::string> arguments{given.words.begin() + 2, given.words.end()};
    if (row.command == Command::kInput) {
        options.input.assign(given.words.begin() + 1, given.words.end());
        const auto command = parse_input_command(options.input, options.state, options.scanout);
        if (!command) {
            refuse(command.error().message());
        }
    } else if (row.command == Command::kScreen) {
        options.screen = arguments;
        if (const auto command = parse_screen_command(options.screen); !command) {
            refuse(command.error().message());
        }
    } else if (row.command == Command::kHud) {
        check_arguments(row, arguments);
        if (arguments[0] != "on" && arguments[0] != "off") {
            refuse(fmt::format("ctl {} {}: expected {}", row.name, arguments[0], row.expected));
        }
        options.hud = arguments[0] == "on";
    } else if (row.command == Command::kWait) {
        check_arguments(row, arguments);
        options.wait = arguments;
        options.timeout = check_timeout(given.text_or_default(OptionId::kTimeout));
    } else if (row.command == Command::kRecord) {
        check_arguments(row, arguments);
        check_record(given, arguments[0], options);
    } else if (row.command == Command::kKiosk) {
        check_arguments(row, arguments);
        options.kiosk.assign(given.words.begin() + 1, given.words.end());
    } else {
        check_arguments(row, arguments);
        options.file = arguments.empty() ? std::string{} : arguments[0];
    }
    return options;
}

}  // namespace oriel::app
