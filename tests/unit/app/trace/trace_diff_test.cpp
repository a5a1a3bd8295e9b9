// SPDX-License-Identifier: MIT
#include "trace/trace_diff.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>

#include "support/temp_dir.h"
#include "trace/trace_reader.h"

namespace oriel::app {
namespace {

TracedFrame frame(uint64_t number, ScanoutId screen = 0) {
    return {.number = number,
            .screen = screen,
            .time_ns = number * 1000,
            .size = {640, 480},
            .mode = "virtio 640x480 XR24",
            .damage = {{0, 0, 64, 64}},
            .hash = fmt::format("{:032x}", number)};
}

/// Two traces as files.
class Traces {
public:
    void write(const char* name, const std::string& text) const {
        std::ofstream{folder_.file(name), std::ios::binary} << text;
    }
    void write(const char* name, const std::vector<TracedFrame>& frames) const {
        std::string text;
        for (const TracedFrame& each : frames) {
            text += line_of(each);
        }
        write(name, text);
    }
    [[nodiscard]] Result<TraceDifference> compare(bool times = false) const {
        return compare_traces(
            {.first = folder_.file("a"), .second = folder_.file("b"), .times = times});
    }
    /// The only line, without the files' folder.
    [[nodiscard]] std::string line(bool times = false) const {
        const auto found = compare(times);
        REQUIRE(found);
        REQUIRE(found->lines.size() == 1);
        return plain(found->lines[0]);
    }
    [[nodiscard]] std::string error() const {
        const auto found = compare();
        return found ? "none" : plain(found.error().message());
    }
    [[nodiscard]] std::string file(const char* name) const { return folder_.file(name); }

private:
    [[nodiscard]] std::string plain(std::string text) const {
        const std::string path = folder_.file("");
        for (size_t at = text.find(path); at != std::string::npos; at = text.find(path)) {
            text.erase(at, path.size());
        }
        return text;
    }

    test::TempDir folder_;
};

/// The line about frame 2, which is another one in the second trace.
std::string changed(const std::function<void(TracedFrame&)>& change, bool times = false) {
    const Traces traces;
    std::vector<TracedFrame> frames{frame(1), frame(2), frame(3)};
    traces.write("a", frames);
    change(frames[1]);
    traces.write("b", frames);
    return traces.line(times);
}

TEST_SUITE("trace diff") {
    TEST_CASE("traces with the same frames are the same, at whatever times") {
        const Traces traces;
        std::vector<TracedFrame> frames{frame(1), frame(2), frame(3)};
        traces.write("a", frames);
        frames[1].time_ns = 7;
        traces.write("b", frames);
        const auto found = traces.compare();
        REQUIRE(found);
        CHECK(found->lines.empty());
        CHECK(found->frames == 3);
        CHECK(traces.line(true) == "screen 0, frame 2: time 2000 ns and 7 ns");
        traces.write("a", "");
        traces.write("b", "");
        CHECK(traces.compare()->lines.empty());
    }

    TEST_CASE("the first frame that differs is told, and how") {
        CHECK(changed([](TracedFrame& other) { other.hash = "ff"; }) ==
              "screen 0, frame 2: hash 00000000000000000000000000000002 and ff");
        CHECK(changed([](TracedFrame& other) { other.hash.clear(); }).ends_with(" and none"));
        CHECK(changed([](TracedFrame& other) { other.mode = "text 80x25"; }) ==
              "screen 0, frame 2: mode virtio 640x480 XR24 and text 80x25");
        CHECK(changed([](TracedFrame& other) {
                  other.size = {800, 600};
              }) == "screen 0, frame 2: size 640x480 and 800x600");
        CHECK(changed([](TracedFrame& other) {
                  other.damage.push_back({1, 2, 3, 4});
              }) == "screen 0, frame 2: damage 64x64 at 0,0 and 64x64 at 0,0 + 3x4 at 1,2");
        CHECK(changed([](TracedFrame& other) {
                  other.damage.assign(7, {1, 2, 3, 4});
              }).ends_with("3x4 at 1,2 + 3 more"));
        CHECK(changed([](TracedFrame& other) {
                  other.hash = "ff";
                  other.damage.clear();
              }) ==
              "screen 0, frame 2: damage 64x64 at 0,0 and nothing; hash "
              "00000000000000000000000000000002 and ff");
    }

    TEST_CASE("a trace that is longer, and a frame that was left out, are told") {
        const Traces traces;
        traces.write("a", {frame(1), frame(2), frame(3)});
        traces.write("b", {frame(1), frame(2)});
        CHECK(traces.line() == "screen 0, frame 3: only in a, the other one ends before it");
        traces.write("b", {frame(1), frame(3)});
        CHECK(traces.line() ==
              "screen 0, frame 2: only in a: it was left out when the other one was written");
        traces.write("a", "");
        CHECK(traces.line() == "screen 0, frame 1: only in b, the other one ends before it");
    }

    TEST_CASE("each screen is compared by itself, in whatever order their frames came") {
        const Traces traces;
        traces.write("a", {frame(1, 0), frame(1, 1), frame(2, 1), frame(2, 0)});
        traces.write("b", {frame(1, 1), frame(2, 1), frame(1, 0), frame(2, 0)});
        auto found = traces.compare();
        REQUIRE(found);
        CHECK(found->lines.empty());
        CHECK(found->frames == 4);
        TracedFrame other = frame(2, 1);
        other.mode = "dark";
        traces.write("b", {frame(1, 1), other, frame(1, 0), frame(2, 0), frame(3, 0)});
        found = traces.compare();
        REQUIRE(found);
        REQUIRE(found->lines.size() == 2);
        CHECK(found->lines[0].starts_with("screen 0, frame 3: only in "));
        CHECK(found->lines[1] == "screen 1, frame 2: mode virtio 640x480 XR24 and dark");
    }

    TEST_CASE("a trace that is none is an error that names the line, wherever that is") {
        const Traces traces;
        const std::string good = line_of(frame(1));
        traces.write("a", good);
        CHECK(traces.error() == "read b: No such file or directory");
        traces.write("b", good + "hello\n");
        CHECK(traces.error() == "b:2: no JSON object");
        traces.write("b", good + good.substr(0, 40));
        CHECK(traces.error() == "b:2: the line is cut: the trace has no end");
        traces.write("b", good + line_of(frame(2)).substr(0, line_of(frame(2)).size() - 1));
        CHECK(traces.error() == "b:2: the line is cut: the trace has no end");
        traces.write("b", good + "\n" + line_of(frame(2)));
        CHECK(traces.error() == "b:2: no JSON object");
        traces.write("b", line_of(frame(2)) + good);
        CHECK(traces.error() == "b: frame 1 of screen 0 comes after frame 2");
        traces.write("b", good + std::string(5000, '['));
        CHECK(traces.error() == "b:2: the line is longer than 4096 bytes");
        traces.write("b", good + std::string(size_t{8} << 20, ' ') + "\n");
        CHECK(traces.error() == "b:2: the line is longer than 4096 bytes");
        traces.write("b", std::string("\0\0\n", 3));
        CHECK(traces.error() == "b:1: no JSON object");
        // Also behind a difference.
        traces.write("b", line_of(frame(2)) + "{}\n");
        CHECK(traces.error() == "b:2: no frame: \"frame\" is missing or wrong");
    }

    TEST_CASE("what is no plain file is not read") {
        const Traces traces;
        traces.write("a", "");
        REQUIRE(::mkfifo(traces.file("b").c_str(), 0600) == 0);
        CHECK(traces.error() == "read b: it is not a plain file");
    }

    TEST_CASE("a long trace is read in pieces, line by line") {
        const Traces traces;
        std::vector<TracedFrame> frames;
        for (uint64_t i = 1; i <= 3000; ++i) {
            frames.push_back(frame(i));
        }
        traces.write("a", frames);
        traces.write("b", frames);
        CHECK(traces.compare()->frames == 3000);
        frames[2999].hash = "0";
        traces.write("b", frames);
        CHECK(traces.line().starts_with("screen 0, frame 3000: hash"));
    }
}

}  // namespace
}  // namespace oriel::app
