// SPDX-License-Identifier: MIT
#include "seat/chords.h"

#include <linux/input-event-codes.h>

namespace oriel::wayland {
namespace {

bool is_ctrl(uint32_t code) {
    return code == KEY_LEFTCTRL || code == KEY_RIGHTCTRL;
}

bool is_modifier(uint32_t code) {
    return is_ctrl(code) || code == KEY_LEFTALT;
}

bool ctrl_and_alt(const std::set<uint32_t>& modifiers) {
    return modifiers.contains(KEY_LEFTALT) &&
           (modifiers.contains(KEY_LEFTCTRL) || modifiers.contains(KEY_RIGHTCTRL));
}

Chord chord_of(uint32_t code) {
    switch (code) {
        case KEY_G:
            return Chord::kTogglePointer;
        case KEY_F:
            return Chord::kToggleFullscreen;
        default:
            return Chord::kNone;
    }
}

}  // namespace

Chords::Result Chords::key(uint32_t code, bool pressed) {
    if (!pressed) {
        return released(code);
    }
    if (is_modifier(code)) {
        modifiers_.insert(code);
        spoiled_ = spoiled_ || !others_.empty();
        armed_ = !spoiled_ && ctrl_and_alt(modifiers_);
        return {};
    }
    const bool first = others_.empty();
    other_input();
    const Chord chord = first && ctrl_and_alt(modifiers_) ? chord_of(code) : Chord::kNone;
    if (chord != Chord::kNone) {
        swallowed_.insert(code);
        return {chord, false};
    }
    others_.insert(code);
    return {};
}

Chords::Result Chords::released(uint32_t code) {
    if (swallowed_.erase(code) != 0) {
        return {Chord::kNone, false};
    }
    others_.erase(code);
    if (modifiers_.erase(code) == 0) {
        return {};
    }
    const bool fires = armed_;
    armed_ = false;
    // Once only, although two keys are released.
    spoiled_ = !modifiers_.empty();
    return {fires ? Chord::kRelease : Chord::kNone, true};
}

void Chords::other_input() {
    armed_ = false;
    spoiled_ = !modifiers_.empty();
}

void Chords::reset() {
    *this = {};
}

}  // namespace oriel::wayland
