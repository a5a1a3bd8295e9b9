// SPDX-License-Identifier: MIT
// Recordings with the real program that writes them.
#include "record/recordings.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "match/png.h"
#include "net/outside.h"
#include "outside/outside_process.h"
#include "record/record_request.h"
#include "scanout/null_display.h"
#include "support/flush_done.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string real_recorder() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() /
           "../../backend/app/oriel-recorder";
}

struct OneColour final : RowSource {
    explicit OneColour(uint32_t its_colour) : colour{its_colour} {}
    const std::byte* row(uint32_t, uint32_t, uint32_t width, std::byte* scratch) override {
        for (uint32_t i = 0; i < width; ++i) {
            std::memcpy(scratch + size_t{i} * 4, &colour, 4);
        }
        return scratch;
    }
    uint32_t colour;
};

/// A screen that nobody sees, which shows a part of a picture.
class HiddenDisplay final : public NullDisplay {
public:
    HiddenDisplay() : NullDisplay{{ScreenInfo{.preferred = {64, 32}}, ScreenInfo{}}} {}
    [[nodiscard]] bool visible(ScanoutId) const override { return false; }
};

struct Bench {
    explicit Bench(Size size = {32, 16}, std::string program = real_recorder())
        : pixels{MemoryPixels::create({size.width + 4, size.height + 2}).value()},
          picture{2, 1, size.width, size.height},
          recordings{loop, card, std::move(program)} {
        source.attach(0, std::make_shared<Framebuffer>(pixels, 0x34325258), picture);
        draw(picture, 0);
    }

    void draw(const Rect& where, uint32_t colour) {
        OneColour rows{colour};
        const Region changed = pixels->update(where, rows, Damage::kAsClaimed);
        source.flush(0, changed, {});
    }
    /// A frame after another at the recording's rate.
    void draw_next(const Rect& where, uint32_t colour) {
        clock.advance(20ms);
        loop.dispatch(Nanoseconds{0});
        draw(where, colour);
    }
    [[nodiscard]] UniqueFd output_folder() const {
        return UniqueFd{::open(folder.file("").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    }
    [[nodiscard]] Result<void> record(const UniqueFd& output, bool cursor = false,
                                      RecordFormat format = RecordFormat::kPngFolder) {
        return recordings.start(
            0, {{.format = format, .rate = 50, .variable = false, .cursor = cursor}, "its name"},
            output);
    }
    [[nodiscard]] json report() const { return recordings.report(0); }
    template <class Ready>
    void wait_until(Ready&& ready) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (!ready()) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            loop.dispatch(1ms);
        }
    }
    void wait_for_writing() {
        wait_until([&] { return report()["frames"] == report()["recorded"]; });
    }
    json stop() {
        REQUIRE(recordings.stop(0));
        wait_until([&] { return report()["state"] != "finishing"; });
        return report();
    }
    [[nodiscard]] match::Picture frame(int number) const {
        return match::read_png(folder.file(fmt::format("frame-{:06}.png", number))).value();
    }
    /// The children of `parent` that have this name.
    static std::vector<pid_t> children_of(pid_t parent, const std::string& name) {
        std::vector<pid_t> found;
        std::ifstream children{fmt::format("/proc/{0}/task/{0}/children", parent)};
        for (pid_t pid = 0; children >> pid;) {
            std::string its_name;
            std::ifstream file{fmt::format("/proc/{}/comm", pid)};
            if (std::getline(file, its_name) && its_name == name) {
                found.push_back(pid);
            }
        }
        return found;
    }
    /// The recorder; 0: there is none.
    static pid_t child() {
        const std::vector<pid_t> found = children_of(::getpid(), kRecorderProgram);
        return found.empty() ? 0 : found.front();
    }

    test::TempDir folder;
    ManualClock clock;
    EventLoop loop{clock};
    HiddenDisplay display;
    card::Card card{display};
    Display& source = card.add_source("any", 0);
    std::shared_ptr<MemoryPixels> pixels;
    Rect picture;
    Recordings recordings;
};

uint32_t pixel(const match::Picture& picture, uint32_t x, uint32_t y) {
    return picture.pixels[size_t{y} * picture.size.width + x];
}

}  // namespace

TEST_SUITE("recordings") {
    TEST_CASE("each frame that the guest flushes is recorded exactly, at its time") {
        Bench bench;
        CHECK_FALSE(bench.source.visible(0));
        REQUIRE(bench.record(bench.output_folder()));
        // What is drawn there is seen now, though no window shows it.
        CHECK(bench.source.visible(0));
        bench.draw_next({10, 5, 4, 3}, 0x112233);
        bench.wait_for_writing();
        bench.draw_next({12, 6, 6, 3}, 0x445566);
        bench.clock.advance(80ms);
        const json report = bench.stop();
        CHECK_FALSE(bench.source.visible(0));
        CHECK(report["state"] == "done");
        CHECK(report["recorded"] == 3);
        CHECK(report["frames"] == 3);
        CHECK(report["dropped"] == 0);
        CHECK(report["merged"] == 0);
        match::Picture expected{{32, 16}, std::vector<uint32_t>(512, 0)};
        CHECK(bench.frame(1) == expected);
        match::fill(expected, {8, 4, 4, 3}, 0x112233);
        CHECK(bench.frame(2) == expected);
        match::fill(expected, {10, 5, 6, 3}, 0x445566);
        CHECK(bench.frame(3) == expected);
        std::ifstream list{bench.folder.file("frames.ffconcat")};
        std::string text{std::istreambuf_iterator<char>{list}, {}};
        CHECK(text ==
              "ffconcat version 1.0\nfile frame-000001.png\nduration 0.020000\n"
              "file frame-000002.png\nduration 0.020000\nfile frame-000003.png\n"
              "duration 0.080000\n");
    }

    TEST_CASE("in a sandbox the recorder is started outside, and its end is seen here") {
        Outside::Places places;
        places.programs.at(static_cast<size_t>(HelperKind::kRecorder)) = {.path = real_recorder(),
                                                                          .most = 2};
        UniqueFd socket = start_outside(places).value();
        Bench bench;
        const Outside outside{bench.loop, std::move(socket), places};
        REQUIRE(bench.record(bench.output_folder()));
        CHECK(Bench::child() == 0);  // another one's
        bench.draw_next({10, 5, 4, 3}, 0x112233);
        bench.wait_for_writing();
        SUBCASE("it writes all") {
            CHECK(bench.stop()["state"] == "done");
            CHECK(bench.report()["frames"] == 2);
            CHECK(pixel(bench.frame(2), 9, 5) == 0x112233);
        }
        SUBCASE("one that is killed is told of") {
            const test::LogLines log;
            pid_t recorder = 0;
            for (const pid_t pid : Bench::children_of(::getpid(), "oriel-outside")) {
                for (const pid_t child : Bench::children_of(pid, kRecorderProgram)) {
                    recorder = child;
                }
            }
            REQUIRE(recorder > 0);
            ::kill(recorder, SIGKILL);
            bench.wait_until([&] { return bench.report()["state"] == "failed"; });
            CHECK(log.count("oriel-recorder ended before the recording did") == 1);
        }
    }

    TEST_CASE("a guest that draws faster than the rate has frames merged, and the last one is in") {
        Bench bench;
        REQUIRE(bench.record(bench.output_folder()));
        for (uint32_t i = 1; i <= 5; ++i) {
            bench.draw(bench.picture, i);
        }
        CHECK(bench.report()["recorded"] == 1);
        SUBCASE("when its time has come") {
            bench.clock.advance(20ms);
            bench.loop.dispatch(Nanoseconds{0});
            CHECK(bench.report()["recorded"] == 2);
        }
        SUBCASE("or at the end") {}
        const json report = bench.stop();
        CHECK(report["recorded"] == 2);
        CHECK(report["merged"] == 4);
        CHECK(report["dropped"] == 0);
        CHECK(pixel(bench.frame(2), 0, 0) == 5);
    }

    TEST_CASE("a reader that does not read costs frames and never waits the loop's time") {
        Bench bench{{512, 512}};
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        UniqueFd reader{ends[0]};
        UniqueFd writer{ends[1]};
        REQUIRE(bench.record(writer, false, RecordFormat::kY4m));
        writer.reset();
        for (uint32_t i = 1; i <= 20; ++i) {
            bench.draw_next(bench.picture, i);
        }
        // One that it writes, and those that wait: as many as there are slots.
        bench.loop.dispatch(50ms);
        CHECK(bench.report()["recorded"] == kFrameSlots);
        CHECK(bench.report()["dropped"] == 20 - kFrameSlots);
        CHECK(bench.report()["state"] == "running");
        SUBCASE("the last picture is in the stream once there is room again") {
            ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
            REQUIRE(bench.recordings.stop(0));
            CHECK(bench.report()["state"] == "finishing");
            std::vector<char> stream;
            std::vector<char> buffer(1 << 16);
            bench.wait_until([&] {
                const ssize_t count = ::read(reader.get(), buffer.data(), buffer.size());
                stream.insert(stream.end(), buffer.begin(),
                              buffer.begin() + std::max<ssize_t>(count, 0));
                return bench.report()["state"] == "done" && count <= 0;
            });
            CHECK(bench.report()["recorded"] == kFrameSlots + 1);
            const uint64_t frames = bench.report()["frames"];
            const size_t head = static_cast<size_t>(std::find(stream.begin(), stream.end(), '\n') -
                                                    stream.begin()) +
                                1;
            CHECK(stream.size() == head + frames * (6 + 512 * 512 * 3));
            // Blue 20 of 255.
            CHECK(static_cast<uint8_t>(stream[stream.size() - 512 * 512 * 2]) == 137);
        }
        SUBCASE("one that goes away ends the recording") {
            const test::LogLines log;
            reader.reset();
            bench.wait_until([&] { return bench.report()["state"] == "failed"; });
            CHECK(bench.report()["error"] == "write its name: Broken pipe");
            CHECK(log.count("the recording of screen 0 to its name has ended") == 1);
        }
    }

    TEST_CASE("a recorder that is killed ends the recording, is told once, and hurts nobody else") {
        Bench bench;
        REQUIRE(bench.record(bench.output_folder()));
        const test::LogLines log;
        REQUIRE(Bench::child() > 0);
        ::kill(Bench::child(), SIGKILL);
        bench.wait_until([&] { return bench.report()["state"] == "failed"; });
        for (uint32_t i = 1; i <= 5; ++i) {
            bool answered = false;
            bench.source.flush(0, Region{bench.picture}, test::when_done([&] { answered = true; }));
            CHECK(answered);
        }
        bench.loop.dispatch(Nanoseconds{0});
        // Nor is what is drawn there seen by anybody any more.
        CHECK_FALSE(bench.source.visible(0));
        CHECK(log.lines.size() == 1);
        CHECK(log.count("oriel-recorder ended before the recording did") == 1);
        CHECK(bench.stop()["state"] == "failed");
        SUBCASE("another one can begin") {
            std::filesystem::create_directory(bench.folder.file("b"));
            const UniqueFd again{
                ::open(bench.folder.file("b").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
            REQUIRE(bench.record(again));
            CHECK(bench.stop()["state"] == "done");
        }
    }

    TEST_CASE("the guest's cursor is in the frames where that is asked for, and goes with it") {
        Bench bench;
        bench.source.set_cursor(0, std::make_shared<CursorImage>(CursorImage{
                                       {2, 2}, {1, 1}, std::vector<uint32_t>(4, 0xffffffff)}));
        bench.source.move_cursor(0, {11, 9});
        const bool with_cursor = [] {
            bool with = false;
            SUBCASE("with") {
                with = true;
            }
            SUBCASE("without") {}
            return with;
        }();
        REQUIRE(bench.record(bench.output_folder(), with_cursor));
        bench.wait_for_writing();
        bench.source.move_cursor(0, {31, 15});
        bench.clock.advance(20ms);
        bench.loop.dispatch(Nanoseconds{0});
        bench.wait_for_writing();
        // The slot of the first frame is used again: its cursor is gone from there.
        for (uint32_t i = 0; i < 4; ++i) {
            bench.draw_next({2, 1, 1, 1}, i);
            bench.wait_for_writing();
        }
        const json report = bench.stop();
        CHECK(report["recorded"] == (with_cursor ? 6 : 5));
        const auto white = [&](int number) {
            const match::Picture picture = bench.frame(number);
            return std::count(picture.pixels.begin(), picture.pixels.end(), 0xffffffU);
        };
        CHECK(white(1) == (with_cursor ? 4 : 0));
        CHECK((pixel(bench.frame(1), 10, 8) == 0xffffff) == with_cursor);
        CHECK(white(5) == (with_cursor ? 4 : 0));
        CHECK((pixel(bench.frame(5), 30, 14) == 0xffffff) == with_cursor);
    }

    TEST_CASE("a screen that goes dark is black, and another mode's picture has its own size") {
        Bench bench;
        bench.draw(bench.picture, 0x777777);
        REQUIRE(bench.record(bench.output_folder()));
        bench.clock.advance(20ms);
        bench.source.detach(0);
        bench.wait_for_writing();
        bench.clock.advance(20ms);
        const auto other = MemoryPixels::create({8, 8}).value();
        bench.source.attach(0, std::make_shared<Framebuffer>(other, 0x34325258), {0, 0, 8, 8});
        OneColour rows{0x123456};
        bench.source.flush(0, other->update({0, 0, 8, 8}, rows, Damage::kAsClaimed), {});
        CHECK(bench.stop()["recorded"] == 3);
        CHECK(pixel(bench.frame(1), 5, 5) == 0x777777);
        CHECK(bench.frame(2) == match::Picture{{32, 16}, std::vector<uint32_t>(512, 0)});
        CHECK(bench.frame(3) == match::Picture{{8, 8}, std::vector<uint32_t>(64, 0x123456)});
    }

    TEST_CASE("what was not finished is when the process ends") {
        std::optional<Bench> bench{std::in_place};
        test::TempDir folder;
        const UniqueFd output{::open(folder.file("").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        REQUIRE(bench->record(output));
        bench->draw_next(bench->picture, 0x808080);
        bench.reset();
        std::ifstream list{folder.file("frames.ffconcat")};
        std::string text{std::istreambuf_iterator<char>{list}, {}};
        CHECK(text.find("file frame-000002.png\nduration ") != std::string::npos);
    }

    TEST_CASE("a screen has one recording at a time, and what is wrong is one line") {
        Bench bench;
        CHECK(bench.recordings.stop(0).error().message() == "screen 0 is not being recorded");
        CHECK(bench.report().is_null());
        CHECK(bench.recordings.start(1, {{.format = RecordFormat::kPngFolder}, "a"}, UniqueFd{})
                  .error()
                  .message() == "no file came with the request");
        REQUIRE(bench.record(bench.output_folder()));
        CHECK(bench.record(bench.output_folder()).error().message() ==
              "screen 0 is being recorded already (oriel ctl NAME record stop)");
        CHECK(bench.stop()["state"] == "done");
        Bench without{{32, 16}, "/nowhere/oriel-recorder"};
        CHECK(without.record(without.output_folder()).error().message() ==
              "start /nowhere/oriel-recorder: No such file or directory");
    }

    TEST_CASE("what a client asks is checked") {
        Bench bench;
        const auto error = [&](const json& request, const UniqueFd& file) {
            return json::parse(record_reply(request, 0, file, bench.recordings).json)
                .value("error", "");
        };
        const UniqueFd folder = bench.output_folder();
        const UniqueFd file{
            ::open(bench.folder.file("a").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
        const RecordChoice png{.format = RecordFormat::kPngFolder};
        const json good = record_start_request(0, png, "f");
        const auto with = [&](const char* key, const json& value) {
            json changed = good;
            changed[key] = value;
            return changed;
        };
        CHECK(error(with("do", "fly"), folder).find("start, stop or state") != std::string::npos);
        CHECK(error(with("format", "avi"), folder).find("'avi'") != std::string::npos);
        CHECK(error(with("format", 5), folder).find("''") != std::string::npos);
        CHECK(error(with("rate", 0), folder).find("1 to 240") != std::string::npos);
        CHECK(error(with("rate", 241), folder).find("1 to 240") != std::string::npos);
        CHECK(error(good, file).find("no folder") != std::string::npos);
        CHECK(error(with("format", "y4m"), folder).find("a folder") != std::string::npos);
        CHECK(error(good, UniqueFd{}).find("no file came") != std::string::npos);
        CHECK(bench.report().is_null());
        CHECK(error(good, folder).empty());
        CHECK(error(record_request(0, "state"), folder).empty());
        CHECK(error(record_request(0, "stop"), folder).empty());
    }
}

}  // namespace oriel::app
