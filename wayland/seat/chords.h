// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <set>

namespace oriel::wayland {

/// Key combinations that are for the window and not for the guest.
enum class Chord : uint8_t {
    kNone,
    kRelease,           ///< Ctrl+Alt, pressed and released with nothing between
    kTogglePointer,     ///< Ctrl+Alt+G
    kToggleFullscreen,  ///< Ctrl+Alt+F
};

/// Finds chords in what is typed, by the keys' places and not by what a keymap makes of them. Ctrl
/// is either one, Alt the left one: the right one is AltGr to many.
class Chords {
public:
    struct Result {
        Chord chord = Chord::kNone;
        /// The guest gets the key. It gets Ctrl and Alt, since a chord shows only afterwards.
        bool for_guest = true;
    };

    /// `code`: KEY_*.
    [[nodiscard]] Result key(uint32_t code, bool pressed);
    /// The user does something else meanwhile: a Ctrl+Alt that is held belongs to that.
    void other_input();
    /// The keyboard is lost: nothing is down any more.
    void reset();

private:
    [[nodiscard]] Result released(uint32_t code);

    std::set<uint32_t> modifiers_;  ///< Ctrl and Alt
    std::set<uint32_t> others_;
    /// Pressed as part of a chord: the guest has not seen them.
    std::set<uint32_t> swallowed_;
    /// Ctrl+Alt are down, and nothing else has been since.
    bool armed_ = false;
    /// Something else was down with the modifiers that are down.
    bool spoiled_ = false;
};

}  // namespace oriel::wayland
