// SPDX-License-Identifier: MIT
#include "seat/chords.h"

#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <cstdint>
#include <initializer_list>

using oriel::wayland::Chord;
using oriel::wayland::Chords;

namespace {

constexpr bool kDown = true;
constexpr bool kUp = false;

}  // namespace

TEST_CASE("Ctrl and Alt, pressed and released together, are a chord, once") {
    for (const auto ctrl : std::initializer_list<uint32_t>{KEY_LEFTCTRL, KEY_RIGHTCTRL}) {
        Chords chords;
        CHECK(chords.key(ctrl, kDown).chord == Chord::kNone);
        CHECK(chords.key(KEY_LEFTALT, kDown).chord == Chord::kNone);
        const Chords::Result first = chords.key(ctrl, kUp);
        CHECK(first.chord == Chord::kRelease);
        CHECK(first.for_guest);
        CHECK(chords.key(KEY_LEFTALT, kUp).chord == Chord::kNone);

        CHECK(chords.key(KEY_LEFTALT, kDown).chord == Chord::kNone);
        CHECK(chords.key(ctrl, kDown).chord == Chord::kNone);
        CHECK(chords.key(KEY_LEFTALT, kUp).chord == Chord::kRelease);
        CHECK(chords.key(ctrl, kUp).chord == Chord::kNone);
    }
}

TEST_CASE("Ctrl and Alt with another key between are the guest's") {
    Chords chords;
    CHECK(chords.key(KEY_LEFTCTRL, kDown).for_guest);
    CHECK(chords.key(KEY_LEFTALT, kDown).for_guest);
    CHECK(chords.key(KEY_DELETE, kDown).for_guest);
    CHECK(chords.key(KEY_DELETE, kUp).for_guest);
    CHECK(chords.key(KEY_LEFTCTRL, kUp).chord == Chord::kNone);
    // Alt is still held, so this is no new beginning.
    CHECK(chords.key(KEY_LEFTCTRL, kDown).chord == Chord::kNone);
    CHECK(chords.key(KEY_LEFTCTRL, kUp).chord == Chord::kNone);
    CHECK(chords.key(KEY_LEFTALT, kUp).chord == Chord::kNone);
}

TEST_CASE("a key that is held from before, a click and AltGr make no chord") {
    Chords chords;
    static_cast<void>(chords.key(KEY_W, kDown));
    static_cast<void>(chords.key(KEY_LEFTCTRL, kDown));
    static_cast<void>(chords.key(KEY_LEFTALT, kDown));
    CHECK(chords.key(KEY_LEFTALT, kUp).chord == Chord::kNone);
    chords.reset();

    static_cast<void>(chords.key(KEY_LEFTCTRL, kDown));
    static_cast<void>(chords.key(KEY_LEFTALT, kDown));
    chords.other_input();
    CHECK(chords.key(KEY_LEFTALT, kUp).chord == Chord::kNone);
    CHECK(chords.key(KEY_LEFTCTRL, kUp).chord == Chord::kNone);

    static_cast<void>(chords.key(KEY_LEFTCTRL, kDown));
    static_cast<void>(chords.key(KEY_RIGHTALT, kDown));
    CHECK(chords.key(KEY_RIGHTALT, kUp).chord == Chord::kNone);
    CHECK(chords.key(KEY_LEFTCTRL, kUp).chord == Chord::kNone);
}

TEST_CASE("a click without any key spoils nothing later") {
    Chords chords;
    chords.other_input();
    static_cast<void>(chords.key(KEY_LEFTCTRL, kDown));
    static_cast<void>(chords.key(KEY_LEFTALT, kDown));
    CHECK(chords.key(KEY_LEFTALT, kUp).chord == Chord::kRelease);
}

TEST_CASE("the letter of a chord is not for the guest, neither its press nor its release") {
    struct Row {
        uint32_t code;
        Chord chord;
    };
    for (const Row& row :
         {Row{KEY_G, Chord::kTogglePointer}, Row{KEY_F, Chord::kToggleFullscreen}}) {
        Chords chords;
        static_cast<void>(chords.key(KEY_LEFTCTRL, kDown));
        static_cast<void>(chords.key(KEY_LEFTALT, kDown));
        const Chords::Result pressed = chords.key(row.code, kDown);
        CHECK(pressed.chord == row.chord);
        CHECK_FALSE(pressed.for_guest);
        // Ctrl+Alt alone would be another chord.
        CHECK(chords.key(KEY_LEFTCTRL, kUp).chord == Chord::kNone);
        CHECK(chords.key(KEY_LEFTALT, kUp).chord == Chord::kNone);
        CHECK_FALSE(chords.key(row.code, kUp).for_guest);
        // The letter alone is one.
        CHECK(chords.key(row.code, kDown).for_guest);
        CHECK(chords.key(row.code, kUp).for_guest);
    }
}

TEST_CASE("Ctrl+Alt+Shift+F is the guest's") {
    Chords chords;
    static_cast<void>(chords.key(KEY_LEFTCTRL, kDown));
    static_cast<void>(chords.key(KEY_LEFTALT, kDown));
    static_cast<void>(chords.key(KEY_LEFTSHIFT, kDown));
    const Chords::Result result = chords.key(KEY_F, kDown);
    CHECK(result.chord == Chord::kNone);
    CHECK(result.for_guest);
}
