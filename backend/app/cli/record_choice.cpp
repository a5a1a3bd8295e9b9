// SPDX-License-Identifier: MIT
#include "cli/record_choice.h"

#include <algorithm>
#include <array>

namespace oriel::app {
namespace {

constexpr auto kFormatWords =
    std::to_array<std::string_view>({"y4m", "png", "mp4", "matroska", "webm"});

template <class Value, size_t Count>
Result<Value> parse(std::string_view word, const std::array<std::string_view, Count>& words,
                    const char* expected) {
    const auto it = std::find(words.begin(), words.end(), word);
    if (it == words.end()) {
        return host_error("'{}': expected {}", word, expected);
    }
    return static_cast<Value>(it - words.begin());
}

}  // namespace

std::string_view format_word(RecordFormat format) {
    return kFormatWords[static_cast<size_t>(format)];
}

std::string_view codec_word(RecordCodec codec) {
    return kRecordCodecWords[static_cast<size_t>(codec)];
}

Result<RecordFormat> parse_record_format(std::string_view word) {
    return parse<RecordFormat>(word, kFormatWords, "y4m, png, mp4, matroska or webm");
}

Result<RecordCodec> parse_record_codec(std::string_view word) {
    return parse<RecordCodec>(word, kRecordCodecWords, "h264, vp9 or av1");
}

Result<RecordFormat> record_format_of(std::string_view file) {
    struct Ending {
        std::string_view text;
        RecordFormat format;
    };
    constexpr std::array<Ending, 4> kEndings{{{".y4m", RecordFormat::kY4m},
                                              {".mp4", RecordFormat::kMp4},
                                              {".mkv", RecordFormat::kMatroska},
                                              {".webm", RecordFormat::kWebm}}};
    if (file == "-") {
        return RecordFormat::kY4m;
    }
    for (const Ending& ending : kEndings) {
        if (file.ends_with(ending.text)) {
            return ending.format;
        }
    }
    const std::string_view last = file.substr(file.rfind('/') + 1);
    // "..": also a folder.
    if (last.find_first_not_of('.') == std::string_view::npos ||
        last.find('.', 1) == std::string_view::npos) {
        return RecordFormat::kPngFolder;
    }
    return host_error(
        "record {}: expected a file that ends in .y4m, .mp4, .mkv or .webm, a folder for PNG "
        "files, or - for a Y4M stream",
        file);
}

Result<RecordChoice> complete_record_choice(RecordChoice choice, std::string_view codec) {
    if (choice.format == RecordFormat::kY4m && choice.variable) {
        return host_error("a Y4M stream has one rate for all frames, so not --variable");
    }
    if (!is_video(choice.format)) {
        if (!codec.empty()) {
            return host_error("--codec goes with .mp4, .mkv and .webm");
        }
        return choice;
    }
    choice.codec = choice.format == RecordFormat::kWebm ? RecordCodec::kVp9 : RecordCodec::kH264;
    if (!codec.empty()) {
        const auto named = parse_record_codec(codec);
        if (!named) {
            return host_error("--codec {}", named.error().message());
        }
        choice.codec = *named;
    }
    if (choice.format == RecordFormat::kWebm && choice.codec == RecordCodec::kH264) {
        return host_error("--codec h264: a .webm file has vp9 or av1");
    }
    return choice;
}

}  // namespace oriel::app
