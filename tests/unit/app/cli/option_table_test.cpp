// SPDX-License-Identifier: MIT
#include "cli/option_table.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>

#include "cli/help.h"
#include "cli/inline_text.h"
#include "core/unique_fd.h"

namespace oriel::app {
namespace {

using Words = std::vector<std::string>;

/// What `show` and `headless` need beside an option.
Words road_for(OptionId option) {
    switch (option) {
        case OptionId::kDbus:
        case OptionId::kFd:
        case OptionId::kVhostUser:
            return {};
        case OptionId::kDbusName:
            return {"--dbus", "unix:path=/b"};
        case OptionId::kClipboard:
        case OptionId::kTextConsoles:
            return {"--dbus", "qmp:q"};
        default:
            return {"--vfio-user", "s"};
    }
}

/// The shortest right command line of a command that has the option.
Words right_use(CommandId command, OptionId option = OptionId::kLogLevel) {
    switch (command) {
        case CommandId::kShow:
        case CommandId::kHeadless: {
            Words words = road_for(option);
            words.insert(words.begin(), std::string{command_row(command).name});
            return words;
        }
        case CommandId::kRun:
            return option == OptionId::kPace || option == OptionId::kTrace
                       ? Words{"run", "--headless"}
                       : Words{"run"};
        case CommandId::kView:
            return {"view", "domain"};
        case CommandId::kTest:
            return {"test", "boot.toml"};
        case CommandId::kTrace:
            return {"trace", "diff", "a", "b"};
        case CommandId::kKiosk:
            return {"kiosk", "panel.toml"};
        case CommandId::kCtl:
            return {"ctl", "vm", "stats"};
        case CommandId::kTop:
            return {"top"};
        case CommandId::kVersion:
            break;
    }
    return {"version"};
}

/// The line that it is refused with; empty if it is accepted.
std::string refusal(CommandId command, Words words) {
    if (command == CommandId::kRun) {
        words.insert(words.end(), {"--", "qemu"});
    }
    try {
        static_cast<void>(parse_options(words));
        return {};
    } catch (const StartupError& error) {
        CHECK(error.exit_code() == 2);
        return error.what();
    }
}

std::string value_for(const OptionRow& row) {
    if (!row.choices.empty()) {
        return std::string{row.choices.back().word};
    }
    switch (row.id) {
        case OptionId::kSize:
            return "800x600";
        case OptionId::kOutputMap:
            return "0=DP-1";
        case OptionId::kDbus:
            return "qmp:q";
        case OptionId::kGpuMemory:
        case OptionId::kGpuResources:
            return "100";
        case OptionId::kFd: {
            static const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
            return std::to_string(socket.get());
        }
        default:
            return "1";
    }
}

TEST_SUITE("table of options") {
    TEST_CASE("the parser takes each option with the commands that have it, and with no other") {
        for (const OptionRow& row : option_rows()) {
            for (const CommandRow& command : command_rows()) {
                if (row.group == OptionGroup::kCtl || row.id == OptionId::kVfioUser) {
                    continue;
                }
                Words words = right_use(command.id, row.id);
                words.emplace_back(row.name);
                if (!row.argument.empty()) {
                    words.push_back(value_for(row));
                }
                CAPTURE(command.name);
                CAPTURE(row.name);
                const std::string line = refusal(command.id, words);
                CHECK(line.empty() == row.commands.has(command.id));
                CHECK((line.empty() || line.find(row.name) != std::string::npos));
            }
        }
    }

    TEST_CASE("the parser takes each word of an option's choices, and no other") {
        for (const OptionRow& row : option_rows()) {
            if (row.choices.empty()) {
                continue;
            }
            CAPTURE(row.name);
            const auto given = [&row](std::string_view word) {
                const bool of_ctl = row.group == OptionGroup::kCtl;
                const CommandId command = of_ctl                               ? CommandId::kCtl
                                          : row.commands.has(CommandId::kShow) ? CommandId::kShow
                                                                               : CommandId::kRun;
                Words words =
                    of_ctl ? Words{"ctl", "vm", "record", "f.mp4"} : right_use(command, row.id);
                words.insert(words.end(), {std::string{row.name}, std::string{word}});
                return refusal(command, words);
            };
            for (const Choice& choice : row.choices) {
                CHECK(given(choice.word).empty());
            }
            CHECK(given("nonsense").find(words_of(row.choices)) != std::string::npos);
            // The default value is one of them.
            CHECK(given(row.fallback).empty());
        }
    }

    TEST_CASE("the parser takes each option of ctl with the commands that have it only") {
        const auto arguments = [](const CtlRow& row) -> Words {
            switch (row.command) {
                case CtlOptions::Command::kScreenshot:
                    return {"f.png"};
                case CtlOptions::Command::kRecord:
                    return {"f.mp4"};
                case CtlOptions::Command::kScreen:
                    return {"0", "on"};
                case CtlOptions::Command::kHud:
                    return {"on"};
                case CtlOptions::Command::kWait:
                    return {"text", "login:"};
                case CtlOptions::Command::kInput:
                    break;
                case CtlOptions::Command::kKiosk:
                    return Words(row.least, "word");
                default:
                    return {};
            }
            if (row.name == "button") {
                return {"left"};
            }
            return row.least == 1 ? Words{"1"} : Words{"1", "1"};
        };
        for (const CtlRow& row : ctl_rows()) {
            Words words{"ctl"};
            if (row.has_name) {
                words.emplace_back(row.of_kiosk ? kKioskName : "vm");
            }
            words.emplace_back(row.name);
            const Words more = arguments(row);
            words.insert(words.end(), more.begin(), more.end());
            CAPTURE(row.name);
            CHECK(refusal(CommandId::kCtl, words).empty());
            for (const OptionRow* option : options_of(CommandId::kCtl)) {
                if (option->group != OptionGroup::kCtl) {
                    continue;
                }
                CAPTURE(option->name);
                Words with = words;
                if (option->id == OptionId::kAllVms && row.has_name) {
                    with.erase(with.begin() + 1);  // it stands in the name's place
                }
                with.emplace_back(option->name);
                if (!option->argument.empty()) {
                    with.emplace_back(option->fallback);
                }
                CHECK(refusal(CommandId::kCtl, with).empty() == goes_with(option->id, row));
            }
        }
    }

    TEST_CASE("help of a command has its options, their words and their default values") {
        for (const CommandRow& command : command_rows()) {
            const std::string help = command_help(command.id);
            for (const OptionRow& row : option_rows()) {
                CAPTURE(command.name);
                CAPTURE(row.name);
                // As a whole word: --keep is none of --keep-going.
                const std::string begin = "\n  " + std::string{row.name};
                const bool there = help.find(begin + ' ') != std::string::npos ||
                                   help.find(begin + '\n') != std::string::npos;
                CHECK(there == row.commands.has(command.id));
            }
            CHECK(program_help().find("\n  " + std::string{command.name} + ' ') !=
                  std::string::npos);
        }
        CHECK(full_help(option_row(OptionId::kScaling)) ==
              "How large the picture is in a window of another size: fit, integer, stretch or "
              "none [fit]");
    }

    TEST_CASE("lines of help fit a terminal") {
        for (const std::string& help :
             {program_help(), command_help(CommandId::kShow), command_help(CommandId::kCtl)}) {
            for (size_t at = 0; at < help.size();) {
                const size_t end = std::min(help.find('\n', at), help.size());
                CAPTURE(help.substr(at, end - at));
                CHECK(end - at <= 80);
                at = end + 1;
            }
        }
    }

    TEST_CASE("texts of the tables are whole") {
        std::set<std::string_view> names;
        for (const OptionRow& row : option_rows()) {
            CAPTURE(row.name);
            CHECK(names.insert(row.name).second);
            CHECK(row.name.starts_with("--"));
            CHECK_FALSE(row.help.empty());
            CHECK_FALSE(row.help.ends_with('.'));
            CHECK(row.text.ends_with('.'));
            CHECK(plain_text(row.help) == row.help);
        }
        for (const CtlRow& row : ctl_rows()) {
            CAPTURE(row.name);
            CHECK(row.text.ends_with('.'));
            CHECK_FALSE(row.help.empty());
            CHECK(row.least <= row.most);
        }
    }

    TEST_CASE("marks are read as pieces of a text") {
        const auto pieces = inline_pieces("As *NAME*`.sock`, `a*b`");
        using Kind = InlinePiece::Kind;
        REQUIRE(pieces.size() == 5);
        CHECK((pieces[0].kind == Kind::kText && pieces[0].text == "As "));
        CHECK((pieces[1].kind == Kind::kPlaceholder && pieces[1].text == "NAME"));
        CHECK((pieces[2].kind == Kind::kLiteral && pieces[2].text == ".sock"));
        CHECK((pieces[3].kind == Kind::kText && pieces[3].text == ", "));
        CHECK((pieces[4].kind == Kind::kLiteral && pieces[4].text == "a*b"));
        CHECK(plain_text("As *NAME*`.sock`") == "As NAME.sock");
        CHECK(inline_pieces("").empty());
    }
}

}  // namespace
}  // namespace oriel::app
