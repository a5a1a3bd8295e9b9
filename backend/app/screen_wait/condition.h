// SPDX-License-Identifier: MIT
// What a test waits for, or asserts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/geometry.h"
#include "match/compare.h"
#include "screen_wait/pattern.h"

namespace oriel::app {

/// The screen looks like one of these PNG files, or has one of them anywhere.
struct ImageCondition {
    static constexpr size_t kMaxFiles = 16;
    static constexpr size_t kMaxIgnored = 64;

    std::vector<std::string> files;
    Rect area;  ///< of the screen; empty: all of it
    bool anywhere = false;
    match::Tolerance tolerance;
    std::vector<Rect> ignored;  ///< px of the file
    std::string mask;           ///< a PNG; empty: none
    bool cursor = false;        ///< the screen with the guest's cursor on it
};

/// One of these needles of openQA's (NAME.json) matches.
struct NeedleCondition {
    std::vector<std::string> files;
};

/// A text can be read on the screen.
struct TextCondition {
    std::string text;                ///< in one row; empty: `pattern` counts
    std::optional<Pattern> pattern;  ///< in all rows, each with a line feed
};

/// Each pixel of an area has a colour.
struct ColourCondition {
    uint32_t colour = 0;  ///< 0x00RRGGBB
    Rect area;            ///< empty: all of the screen
    uint8_t channel = 0;  ///< tolerance
};

/// No pixel has changed for so long.
struct StableCondition {
    Nanoseconds time{};
};

/// Where the picture comes from and how large it is: all words of `mode` are among "virtio
/// 1024x768 XR24", "text 80x25", "dark" and their like.
struct ModeCondition {
    std::string mode;
};

/// A line on the serial port, from where the last one was found.
struct SerialCondition {
    Pattern pattern;
};

/// The guest has flushed at least so many frames since its start, and at most so many.
struct FramesCondition {
    uint64_t least = 0;
    uint64_t most = UINT64_MAX;
};

/// The VM has ended by itself.
struct EndCondition {};

using Condition =
    std::variant<ImageCondition, NeedleCondition, TextCondition, ColourCondition, StableCondition,
                 ModeCondition, SerialCondition, FramesCondition, EndCondition>;

/// For people: "the text 'login:'".
[[nodiscard]] std::string condition_name(const Condition& condition);

/// "#1234ab".
[[nodiscard]] std::optional<uint32_t> parse_colour(std::string_view text);

}  // namespace oriel::app
