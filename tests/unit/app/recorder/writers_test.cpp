// SPDX-License-Identifier: MIT
// The forms of a recording that need no other program.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>

#include "core/file_bytes.h"
#include "match/png.h"
#include "recorder/ffmpeg_writer.h"
#include "recorder/matroska_stream.h"
#include "recorder/png_writer.h"
#include "recorder/y4m_writer.h"
#include "support/temp_dir.h"

namespace oriel::app::recorder {
namespace {

using namespace std::chrono_literals;

const match::Picture kBlack{{2, 1}, {0, 0}};
const match::Picture kWhite{{2, 1}, {0xffffff, 0xffffff}};

std::string contents(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// A Y4M stream of 2x1 px, 10 frames a second, into a file.
struct Stream {
    test::TempDir folder;
    std::string path = folder.file("a.y4m");
    Y4mWriter writer{
        {2, 1}, 10, {UniqueFd{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)}, path}};

    /// "." for each black frame, "#" for each white one.
    [[nodiscard]] std::string frames() const {
        std::string text = contents(path);
        const size_t head = text.find('\n') + 1;
        REQUIRE(text.substr(0, head) == "YUV4MPEG2 W2 H1 F10:1 Ip A1:1 C444 XCOLORRANGE=LIMITED\n");
        text.erase(0, head);
        std::string seen;
        constexpr size_t kFrame = 6 + 6;
        REQUIRE(text.size() % kFrame == 0);
        for (size_t at = 0; at < text.size(); at += kFrame) {
            REQUIRE(text.substr(at, 6) == "FRAME\n");
            seen += text[at + 6] == '\x10' ? '.' : '#';
        }
        return seen;
    }
};

TEST_SUITE("writers of recordings") {
    TEST_CASE("a Y4M stream has what the screen showed at the time of each of its frames") {
        Stream stream;
        REQUIRE(stream.writer.show(kBlack.view(), 0ms));
        REQUIRE(stream.writer.show(kWhite.view(), 250ms));
        REQUIRE(stream.writer.show(kBlack.view(), 500ms));
        REQUIRE(stream.writer.finish(700ms));
        CHECK(stream.frames() == "...##..");
        CHECK(stream.writer.frames() == 7);
        CHECK(stream.writer.left_out() == 0);
    }

    TEST_CASE("a Y4M stream goes on while nothing changes, as time passes") {
        Stream stream;
        REQUIRE(stream.writer.show(kWhite.view(), 0ms));
        CHECK(stream.writer.due() == 50ms);
        REQUIRE(stream.writer.pass(50ms));
        CHECK(stream.frames() == "#");
        CHECK(stream.writer.due() == 150ms);
        REQUIRE(stream.writer.pass(149ms));
        CHECK(stream.frames() == "#");
        REQUIRE(stream.writer.pass(260ms));
        CHECK(stream.frames() == "###");
    }

    TEST_CASE("the last picture is in a Y4M stream, however late it came") {
        Stream stream;
        REQUIRE(stream.writer.show(kBlack.view(), 0ms));
        REQUIRE(stream.writer.show(kWhite.view(), 110ms));
        REQUIRE(stream.writer.finish(120ms));
        CHECK(stream.frames() == "..#");
    }

    TEST_CASE("a Y4M stream whose reader is slow leaves repetitions out and says how many") {
        Stream stream;
        REQUIRE(stream.writer.show(kBlack.view(), 0ms));
        // Nothing was written for three seconds: the first two are lost.
        REQUIRE(stream.writer.show(kWhite.view(), 3s));
        CHECK(stream.writer.left_out() == 20);
        CHECK(stream.frames() == "..........");
        REQUIRE(stream.writer.finish(3100ms));
        CHECK(stream.frames() == "..........#");
    }

    TEST_CASE("a Y4M stream that nothing was shown in is a whole one") {
        Stream stream;
        REQUIRE(stream.writer.finish(0ms));
        CHECK(stream.frames().empty());
    }

    TEST_CASE("a file that is full is an error with its name") {
        const UniqueFd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
        Y4mWriter writer{{2, 1}, 10, {UniqueFd{::dup(full.get())}, "film.y4m"}};
        REQUIRE(writer.show(kBlack.view(), 0ms).has_value() == false);
        CHECK(writer.finish(1s).error().message() == "write film.y4m: No space left on device");
    }

    TEST_CASE("PNG files have each picture exactly, at its own size, and a list has their times") {
        const test::TempDir folder;
        PngWriter writer{
            {UniqueFd{::open(folder.file("").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)},
             "shots"}};
        const match::Picture other{{1, 2}, {0x123456, 0xfedcba}};
        REQUIRE(writer.show(kWhite.view(), 0ms));
        REQUIRE(writer.show(other.view(), 1500ms));
        REQUIRE(writer.finish(2s));
        CHECK(writer.frames() == 2);
        CHECK(match::read_png(folder.file("frame-000001.png")).value() == kWhite);
        CHECK(match::read_png(folder.file("frame-000002.png")).value() == other);
        CHECK(contents(folder.file("frames.ffconcat")) ==
              "ffconcat version 1.0\nfile frame-000001.png\nduration 1.500000\n"
              "file frame-000002.png\nduration 0.500000\n");
    }

    TEST_CASE("an error of a PNG file names the folder as its user does") {
        const test::TempDir folder;
        const std::string path = folder.file("gone");
        std::filesystem::create_directory(path);
        UniqueFd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        std::filesystem::remove(path);
        PngWriter writer{{std::move(fd), "shots"}};
        CHECK(writer.show(kWhite.view(), 0ms).error().message() ==
              "write shots/frames.ffconcat: No such file or directory");
    }

    TEST_CASE("a frame for ffmpeg is a cluster of its own with its time in microseconds") {
        const auto head = matroska_frame_head(1'234'567us, 8);
        // Cluster, with 8 bytes of length: what follows, and the picture.
        REQUIRE(head.size() == 12 + 17 + 13);
        const auto byte = [&head](size_t at) { return std::to_integer<uint32_t>(head[at]); };
        CHECK((byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3)) == 0x1f43b675);
        CHECK(byte(11) == 17 + 13 + 8);
        CHECK(byte(12) == 0xe7);
        CHECK((byte(26) << 16 | byte(27) << 8 | byte(28)) == 1'234'567);
        CHECK(byte(29) == 0xa3);
        CHECK(byte(37) == 4 + 8);
    }

    TEST_CASE("ffmpeg is told the container, the encoder and how frames are timed") {
        const auto has = [](const RecordChoice& choice, const std::string& key,
                            const std::string& value) {
            const auto words = ffmpeg_arguments(choice, 5);
            CHECK(words.back() == "/dev/fd/5");
            for (size_t i = 0; i + 1 < words.size(); ++i) {
                if (words[i] == key && words[i + 1] == value) {
                    return true;
                }
            }
            return false;
        };
        RecordChoice choice{.format = RecordFormat::kMp4, .rate = 25};
        CHECK(has(choice, "-c:v", "libx264"));
        CHECK(has(choice, "-f", "mp4"));
        CHECK(has(choice, "-r", "25"));
        CHECK(has(choice, "-fps_mode", "cfr"));
        choice = {.format = RecordFormat::kWebm, .codec = RecordCodec::kAv1, .variable = true};
        CHECK(has(choice, "-c:v", "libsvtav1"));
        CHECK(has(choice, "-f", "webm"));
        CHECK(has(choice, "-fps_mode", "vfr"));
        CHECK_FALSE(has(choice, "-r", "60"));
    }
}

}  // namespace
}  // namespace oriel::app::recorder
