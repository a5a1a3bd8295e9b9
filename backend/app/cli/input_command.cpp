// SPDX-License-Identifier: MIT
#include "cli/input_command.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "cli/option_table.h"
#include "input/key_names.h"

namespace oriel::app {
namespace {

using Action = InputCommand::Action;
using State = InputCommand::State;

constexpr size_t kMaxChord = 16;
constexpr size_t kMaxText = 1024;
constexpr double kMaxNumber = 100'000;
constexpr double kNotch = 120;
constexpr int32_t kContact = 0;

/// Null for a command of another kind, too.
const CtlRow* find_input_command(std::string_view name) {
    const CtlRow* row = find_ctl_command(name);
    return row != nullptr && row->command == CtlOptions::Command::kInput ? row : nullptr;
}

std::optional<double> parse_decimal(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    if (text.empty() || !whole || !(std::abs(value) <= kMaxNumber)) {
        return std::nullopt;
    }
    return value;
}

Result<std::vector<uint16_t>> parse_chord(const std::string& chord) {
    std::vector<uint16_t> codes;
    std::string_view rest = chord;
    while (codes.size() < kMaxChord) {
        const size_t plus = rest.find('+');
        const std::string_view name = rest.substr(0, plus);
        const auto code = input::key_code(name);
        if (!code) {
            return host_error("key {}: there is no key '{}'", chord, name);
        }
        codes.push_back(*code);
        if (plus == std::string_view::npos) {
            return codes;
        }
        rest.remove_prefix(plus + 1);
    }
    return host_error("key {}: at most {} keys at once", chord, kMaxChord);
}

Result<InputCommand> parse_keys(InputCommand command, std::span<const std::string> words) {
    for (const std::string& word : words) {
        auto chord = parse_chord(word);
        if (!chord) {
            return tl::unexpected(chord.error());
        }
        command.chords.push_back(std::move(*chord));
    }
    return command;
}

Result<InputCommand> parse_text(InputCommand command, const std::string& text) {
    if (text.size() > kMaxText) {
        return host_error("type: at most {} characters at once", kMaxText);
    }
    if (!std::all_of(text.begin(), text.end(), [](char c) { return input::stroke_for(c); })) {
        return host_error("type: only characters of a US keyboard can be typed: '{}'", text);
    }
    command.text = text;
    return command;
}

Result<InputCommand> parse_button(InputCommand command, const CtlRow& row,
                                  const std::string& name) {
    const auto button = input::button_code(name);
    if (!button) {
        return host_error("ctl {}: expected {}", row.name, row.expected);
    }
    command.chords = {{*button}};
    return command;
}

Result<InputCommand> parse_numbers(InputCommand command, const CtlRow& row,
                                   std::span<const std::string> words) {
    const auto x = parse_decimal(words[0]);
    const auto y = words.size() > 1 ? parse_decimal(words[1]) : std::optional{0.0};
    if (!x || !y) {
        return host_error("ctl {}: expected {}", row.name, row.expected);
    }
    command.x = *x;
    command.y = *y;
    return command;
}

bool taken(const InputCommand& command, const input::InputRouter& router) {
    switch (command.action) {
        case Action::kKeys:
        case Action::kText:
            return router.takes_keys();
        case Action::kPointer:
            return router.takes_motion() && router.takes_positions();
        case Action::kMove:
            return router.takes_motion();
        case Action::kButton:
        case Action::kWheel:
            return router.takes_buttons();
        case Action::kTouch:
            return router.takes_touch();
    }
    return false;
}

/// Presses in order and releases in the opposite one, a frame each.
template <class Press>
void stroke(const std::vector<uint16_t>& codes, State state, input::InputRouter& router,
            Press&& press) {
    const auto set = [&](uint16_t code, bool down) {
        press(code, down);
        router.frame();
    };
    if (state != State::kUp) {
        std::for_each(codes.begin(), codes.end(), [&](uint16_t code) { set(code, true); });
    }
    if (state != State::kDown) {
        std::for_each(codes.rbegin(), codes.rend(), [&](uint16_t code) { set(code, false); });
    }
}

void type_text(const std::string& text, input::InputRouter& router) {
    const auto key = [&router](uint16_t code, bool down) { router.key(code, down); };
    for (const char character : text) {
        const auto stroke_of = input::stroke_for(character);
        if (stroke_of && stroke_of->shift) {
            stroke({KEY_LEFTSHIFT, stroke_of->code}, State::kTap, router, key);
        } else if (stroke_of) {
            stroke({stroke_of->code}, State::kTap, router, key);
        }
    }
}

void touch(const InputCommand& command, input::InputRouter& router) {
    if (command.state != State::kUp) {
        router.touch_at(kContact, {command.scanout, command.x, command.y});
        router.frame();
    }
    if (command.state != State::kDown) {
        router.touch_up(kContact);
    }
}

}  // namespace

Result<InputCommand> parse_input_command(std::span<const std::string> words, State state,
                                         ScanoutId scanout) {
    const CtlRow* row = words.empty() ? nullptr : find_input_command(words[0]);
    if (row == nullptr) {
        return host_error("ctl: unknown command '{}'", words.empty() ? std::string{} : words[0]);
    }
    words = words.subspan(1);
    if (words.size() < row->least || words.size() > row->most) {
        return host_error("ctl {}: expected {}", row->name, row->expected);
    }
    if (state != State::kTap && !goes_with(OptionId::kDown, *row)) {
        return host_error("ctl {}: --down and --up go with {}", row->name,
                          join_words(ctl_commands_with(OptionId::kDown), "and"));
    }
    const InputCommand command{.action = row->action, .state = state, .scanout = scanout};
    switch (command.action) {
        case Action::kKeys:
            return parse_keys(command, words);
        case Action::kText:
            return parse_text(command, words[0]);
        case Action::kButton:
            return parse_button(command, *row, words[0]);
        case Action::kPointer:
        case Action::kMove:
        case Action::kWheel:
        case Action::kTouch:
            break;
    }
    return parse_numbers(command, *row, words);
}

Result<void> run_input_command(const InputCommand& command, input::InputRouter& router) {
    // What is down can always go up.
    if (command.state != State::kUp && !taken(command, router)) {
        return host_error(
            "the VM has no device that hears that: its driver isn't there yet, hangs, or has let "
            "go of it because the VM sleeps (--qmp could wake it)");
    }
    const auto key = [&router](uint16_t code, bool down) { router.key(code, down); };
    switch (command.action) {
        case Action::kKeys:
            for (const auto& chord : command.chords) {
                stroke(chord, command.state, router, key);
            }
            break;
        case Action::kText:
            type_text(command.text, router);
            break;
        case Action::kButton:
            stroke(command.chords.front(), command.state, router,
                   [&router](uint16_t code, bool down) { router.button(code, down); });
            break;
        case Action::kPointer:
            router.pointer_at({command.scanout, command.x, command.y});
            break;
        case Action::kMove:
            router.pointer_moved(command.x, command.y);
            break;
        case Action::kWheel:
            router.wheel({.vertical = static_cast<int32_t>(std::lround(command.x * kNotch)),
                          .horizontal = static_cast<int32_t>(std::lround(command.y * kNotch))});
            break;
        case Action::kTouch:
            touch(command, router);
            break;
    }
    router.frame();
    return {};
}

}  // namespace oriel::app
