// SPDX-License-Identifier: MIT
#include "cli/input_command.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "input/key_names.h"

namespace oriel::app {
namespace {

using Action = InputCommand::Action;
using State = InputCommand::State;

constexpr size_t kMaxChord = 16;
constexpr size_t kMaxChords = 64;
constexpr size_t kMaxText = 1024;
constexpr double kMaxNumber = 100'000;
constexpr double kNotch = 120;
constexpr int32_t kContact = 0;

struct Syntax {
    std::string_view name;
    Action action;
    size_t least;  // words after the name
    size_t most;
    std::string_view usage;
};
constexpr std::array kCommands = std::to_array<Syntax>({
    {"key", Action::kKeys, 1, kMaxChords, "key CHORD..., for example key ctrl+alt+f2"},
    {"type", Action::kText, 1, 1, "type TEXT"},
    {"pointer", Action::kPointer, 2, 2, "pointer X Y, in pixels of the guest"},
    {"move", Action::kMove, 2, 2, "move DX DY"},
    {"button", Action::kButton, 1, 1, "button left, right, middle, side or extra"},
    {"wheel", Action::kWheel, 1, 2, "wheel NOTCHES [NOTCHES-TO-THE-RIGHT]"},
    {"touch", Action::kTouch, 2, 2, "touch X Y, in pixels of the guest"},
});

const Syntax* find_command(std::string_view name) {
    const auto* it = std::find_if(kCommands.begin(), kCommands.end(),
                                  [name](const Syntax& syntax) { return syntax.name == name; });
    return it == kCommands.end() ? nullptr : it;
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

Result<void> check_text(const std::string& text) {
    if (text.size() > kMaxText) {
        return host_error("type: at most {} characters at once", kMaxText);
    }
    if (!std::all_of(text.begin(), text.end(), [](char c) { return input::stroke_for(c); })) {
        return host_error("type: only what a US keyboard has: '{}'", text);
    }
    return {};
}

Result<InputCommand> parse_numbers(InputCommand command, const Syntax& syntax,
                                   std::span<const std::string> words) {
    const auto x = parse_decimal(words[0]);
    const auto y = words.size() > 1 ? parse_decimal(words[1]) : std::optional{0.0};
    if (!x || !y) {
        return host_error("ctl {}: expected {}", syntax.name, syntax.usage);
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

}  // namespace

bool is_input_command(std::string_view name) {
    return find_command(name) != nullptr;
}

Result<InputCommand> parse_input_command(std::span<const std::string> words, State state,
                                         ScanoutId scanout) {
    const Syntax* syntax = words.empty() ? nullptr : find_command(words[0]);
    if (syntax == nullptr) {
        return host_error("ctl: unknown command '{}'", words.empty() ? std::string{} : words[0]);
    }
    words = words.subspan(1);
    if (words.size() < syntax->least || words.size() > syntax->most) {
        return host_error("ctl {}: expected {}", syntax->name, syntax->usage);
    }
    InputCommand command{.action = syntax->action, .state = state, .scanout = scanout};
    const bool holds = command.action == Action::kKeys || command.action == Action::kButton ||
                       command.action == Action::kTouch;
    if (state != State::kTap && !holds) {
        return host_error("ctl {}: --down and --up go with key, button and touch", syntax->name);
    }
    switch (command.action) {
        case Action::kKeys:
            for (const std::string& word : words) {
                auto chord = parse_chord(word);
                if (!chord) {
                    return tl::unexpected(chord.error());
                }
                command.chords.push_back(std::move(*chord));
            }
            return command;
        case Action::kText:
            if (const auto fine = check_text(words[0]); !fine) {
                return tl::unexpected(fine.error());
            }
            command.text = words[0];
            return command;
        case Action::kButton:
            if (const auto button = input::button_code(words[0])) {
                command.chords = {{*button}};
                return command;
            }
            return host_error("ctl button: expected {}", syntax->usage);
        case Action::kPointer:
        case Action::kMove:
        case Action::kWheel:
        case Action::kTouch:
            break;
    }
    return parse_numbers(std::move(command), *syntax, words);
}

Result<void> run_input_command(const InputCommand& command, input::InputRouter& router) {
    // What is down can always go up.
    if (command.state != State::kUp && !taken(command, router)) {
        return host_error("the VM has no device for that, or its driver isn't there yet");
    }
    const auto key = [&router](uint16_t code, bool down) { router.key(code, down); };
    switch (command.action) {
        case Action::kKeys:
            for (const auto& chord : command.chords) {
                stroke(chord, command.state, router, key);
            }
            break;
        case Action::kText:
            for (const char character : command.text) {
                const auto stroke_of = input::stroke_for(character);
                if (stroke_of && stroke_of->shift) {
                    stroke({KEY_LEFTSHIFT, stroke_of->code}, State::kTap, router, key);
                } else if (stroke_of) {
                    stroke({stroke_of->code}, State::kTap, router, key);
                }
            }
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
            if (command.state != State::kUp) {
                router.touch_at(kContact, {command.scanout, command.x, command.y});
                router.frame();
            }
            if (command.state != State::kDown) {
                router.touch_up(kContact);
            }
            break;
    }
    router.frame();
    return {};
}

}  // namespace oriel::app
