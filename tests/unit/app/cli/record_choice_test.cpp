// SPDX-License-Identifier: MIT
#include "cli/record_choice.h"

#include <doctest/doctest.h>

namespace oriel::app {
namespace {

TEST_SUITE("what a recording is to be") {
    TEST_CASE("a file's ending says what is written") {
        CHECK(record_format_of("-") == RecordFormat::kY4m);
        CHECK(record_format_of("a.y4m") == RecordFormat::kY4m);
        CHECK(record_format_of("/b.c/a.mp4") == RecordFormat::kMp4);
        CHECK(record_format_of("a.b.mkv") == RecordFormat::kMatroska);
        CHECK(record_format_of("a.webm") == RecordFormat::kWebm);
        for (const char* folder : {"frames", "a.d/frames", "frames.d/", "..", ".frames"}) {
            CAPTURE(folder);
            CHECK(record_format_of(folder) == RecordFormat::kPngFolder);
        }
        CHECK(record_format_of("a.avi").error().message().find(".webm") != std::string::npos);
    }

    TEST_CASE("a video has the codec of its ending unless another is named") {
        const auto codec = [](RecordFormat format, std::string_view named) {
            return complete_record_choice({.format = format}, named).value().codec;
        };
        CHECK(codec(RecordFormat::kMp4, "") == RecordCodec::kH264);
        CHECK(codec(RecordFormat::kWebm, "") == RecordCodec::kVp9);
        CHECK(codec(RecordFormat::kMatroska, "av1") == RecordCodec::kAv1);
    }

    TEST_CASE("what does not go together is refused") {
        CHECK_FALSE(complete_record_choice({.format = RecordFormat::kY4m, .variable = true}, ""));
        CHECK_FALSE(complete_record_choice({.format = RecordFormat::kPngFolder}, "vp9"));
        CHECK_FALSE(complete_record_choice({.format = RecordFormat::kWebm}, "h264"));
        CHECK_FALSE(complete_record_choice({.format = RecordFormat::kMp4}, "mpeg2"));
        CHECK(complete_record_choice({.format = RecordFormat::kPngFolder, .variable = true}, ""));
    }

    TEST_CASE("words and formats are each other's inverse") {
        for (const char* word : {"y4m", "png", "mp4", "matroska", "webm"}) {
            CHECK(format_word(parse_record_format(word).value()) == word);
        }
        for (const char* word : {"h264", "vp9", "av1"}) {
            CHECK(codec_word(parse_record_codec(word).value()) == word);
        }
        CHECK_FALSE(parse_record_format("avi"));
    }
}

}  // namespace
}  // namespace oriel::app
