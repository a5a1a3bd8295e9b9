// SPDX-License-Identifier: MIT
#include "input/key_names.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "key_table.h"

namespace oriel::input {
namespace {

using Name = std::pair<std::string_view, uint16_t>;

constexpr std::array kCommonNames = std::to_array<Name>({
    {"control", KEY_LEFTCTRL},
    {"super", KEY_LEFTMETA},
    {"win", KEY_LEFTMETA},
    {"altgr", KEY_RIGHTALT},
    {"escape", KEY_ESC},
    {"return", KEY_ENTER},
    {"del", KEY_DELETE},
    {"ins", KEY_INSERT},
});

constexpr std::array kButtons = std::to_array<Name>({
    {"left", BTN_LEFT},
    {"right", BTN_RIGHT},
    {"middle", BTN_MIDDLE},
    {"side", BTN_SIDE},
    {"extra", BTN_EXTRA},
    {"forward", BTN_FORWARD},
    {"back", BTN_BACK},
    {"task", BTN_TASK},
});

std::string lower_case(std::string_view text) {
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

std::string without(std::string_view prefix, const std::string& name) {
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

template <size_t N>
std::optional<uint16_t> find(const std::array<Name, N>& names, std::string_view name) {
    const auto it = std::find_if(names.begin(), names.end(),
                                 [name](const Name& entry) { return entry.first == name; });
    return it == names.end() ? std::nullopt : std::optional{it->second};
}

/// Keys that type something else with shift than a letter's capital: without, with, the key.
struct Symbol {
    char plain;
    char shifted;
    uint16_t code;
};
constexpr std::array kSymbols = std::to_array<Symbol>({
    {'1', '!', KEY_1},           {'2', '@', KEY_2},          {'3', '#', KEY_3},
    {'4', '$', KEY_4},           {'5', '%', KEY_5},          {'6', '^', KEY_6},
    {'7', '&', KEY_7},           {'8', '*', KEY_8},          {'9', '(', KEY_9},
    {'0', ')', KEY_0},           {'-', '_', KEY_MINUS},      {'=', '+', KEY_EQUAL},
    {'[', '{', KEY_LEFTBRACE},   {']', '}', KEY_RIGHTBRACE}, {';', ':', KEY_SEMICOLON},
    {'\'', '"', KEY_APOSTROPHE}, {'`', '~', KEY_GRAVE},      {'\\', '|', KEY_BACKSLASH},
    {',', '<', KEY_COMMA},       {'.', '>', KEY_DOT},        {'/', '?', KEY_SLASH},
});

}  // namespace

std::optional<uint16_t> key_code(std::string_view name) {
    const std::string lower = lower_case(name);
    const std::string wanted = without("key_", lower);
    if (wanted.empty()) {
        return std::nullopt;
    }
    const auto named = [&wanted](auto member) {
        const auto it = std::find_if(kKeys.begin(), kKeys.end(),
                                     [&](const Key& key) { return key.*member == wanted; });
        return it == kKeys.end() ? std::nullopt : std::optional{it->code};
    };
    // "print" is the key with that label, which is Linux' KEY_SYSRQ.
    if (const auto code = wanted == lower ? named(&Key::qemu) : std::nullopt) {
        return code;
    }
    if (const auto code = named(&Key::evdev)) {
        return code;
    }
    return find(kCommonNames, wanted);
}

std::optional<uint16_t> button_code(std::string_view name) {
    return find(kButtons, without("btn_", lower_case(name)));
}

std::string_view qemu_key_name(uint16_t code) {
    const auto it = std::find_if(kKeys.begin(), kKeys.end(),
                                 [code](const Key& key) { return key.code == code; });
    return it == kKeys.end() ? std::string_view{} : it->qemu;
}

std::optional<Stroke> stroke_for(char character) {
    if ((character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')) {
        const auto code = key_code(std::string_view{&character, 1});
        return code ? std::optional{Stroke{*code, character <= 'Z'}} : std::nullopt;
    }
    switch (character) {
        case ' ':
            return Stroke{KEY_SPACE, false};
        case '\n':
            return Stroke{KEY_ENTER, false};
        case '\t':
            return Stroke{KEY_TAB, false};
        case '\b':
            return Stroke{KEY_BACKSPACE, false};
        default:
            break;
    }
    const auto it = std::find_if(kSymbols.begin(), kSymbols.end(), [character](const Symbol& s) {
        return s.plain == character || s.shifted == character;
    });
    if (it == kSymbols.end()) {
        return std::nullopt;
    }
    return Stroke{it->code, it->shifted == character};
}

}  // namespace oriel::input
