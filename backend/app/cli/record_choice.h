// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace oriel::app {

/// What a recording is written as.
enum class RecordFormat : uint8_t { kY4m, kPngFolder, kMp4, kMatroska, kWebm };
/// How the pictures of a video are packed.
enum class RecordCodec : uint8_t { kH264, kVp9, kAv1 };
/// Their words, in that order.
inline constexpr std::array<std::string_view, 3> kRecordCodecWords{"h264", "vp9", "av1"};

/// What is wanted of a recording, besides its file.
struct RecordChoice {
    RecordFormat format = RecordFormat::kY4m;
    RecordCodec codec = RecordCodec::kH264;
    /// Frames a second: so many there are, or, where each has its own time, at most.
    uint32_t rate = 60;
    bool variable = false;  ///< each frame has its own time
    bool cursor = false;    ///< the guest's is in the frames
    friend bool operator==(const RecordChoice&, const RecordChoice&) = default;
};
constexpr uint32_t kMostRecordRate = 240;

/// The program ffmpeg packs it.
[[nodiscard]] constexpr bool is_video(RecordFormat format) {
    return format != RecordFormat::kY4m && format != RecordFormat::kPngFolder;
}

[[nodiscard]] std::string_view format_word(RecordFormat format);
[[nodiscard]] std::string_view codec_word(RecordCodec codec);
/// The error names the words that there are.
[[nodiscard]] Result<RecordFormat> parse_record_format(std::string_view word);
[[nodiscard]] Result<RecordCodec> parse_record_codec(std::string_view word);

/// What the name of a file says: its ending, or that it has none, which is a folder's. "-" is
/// standard output, a Y4M stream. The error is a line for the user.
[[nodiscard]] Result<RecordFormat> record_format_of(std::string_view file);

/// Fills in the codec that goes with the format where none is named ("" for `codec`), and refuses
/// what doesn't go together.
[[nodiscard]] Result<RecordChoice> complete_record_choice(RecordChoice choice,
                                                          std::string_view codec);

}  // namespace oriel::app
