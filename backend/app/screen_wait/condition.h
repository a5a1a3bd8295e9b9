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

/// One of these needles of openQA's (NAME.json) matches, or one of a folder's that has the tag.
struct NeedleCondition {
    std::vector<std::string> files;
    std::string folder{};  ///< empty: `files` count
    std::string tag{};
};

/// A text can be read on the screen.
struct TextCondition {
    std::string text;                ///< in one row; empty: `pattern` counts
    std::optional<Pattern> pattern;  ///< in all rows, each with a line feed
    bool ocr = false;                ///< where it can't be read exactly, tesseract may guess
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

/// So many frames a second are flushed, over a time that is watched.
struct RefreshCondition {
    static constexpr Nanoseconds kLongestTime{60'000'000'000};

    double rate = 0;    ///< Hz
    double within = 1;  ///< Hz, what it may differ by
    Nanoseconds time{2'000'000'000};
};

/// The guest shows a cursor, or none; it may have to be somewhere.
struct CursorCondition {
    bool shown = true;
    std::optional<Point> at{};  ///< of its hot spot
    uint32_t within = 0;        ///< px, what it may be off by in each direction
};

/// What a screen's monitor says about itself, as far as a field is given.
struct EdidCondition {
    std::optional<std::string> name{};
    std::optional<Size> preferred{};
    std::optional<uint32_t> refresh_mhz{};  ///< of the preferred mode, to a hundredth of a hertz
    std::optional<uint32_t> serial{};
    std::optional<uint32_t> width_mm{};
    std::optional<uint32_t> height_mm{};
    bool read = false;  ///< and the guest's driver has read it so
};

/// The VM has ended by itself.
struct EndCondition {};

using Condition = std::variant<ImageCondition, NeedleCondition, TextCondition, ColourCondition,
                               StableCondition, ModeCondition, SerialCondition, FramesCondition,
                               RefreshCondition, CursorCondition, EdidCondition, EndCondition>;

/// For people: "the text 'login:'".
[[nodiscard]] std::string condition_name(const Condition& condition);

/// "#1234ab".
[[nodiscard]] std::optional<uint32_t> parse_colour(std::string_view text);

}  // namespace oriel::app
