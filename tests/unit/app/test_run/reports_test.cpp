// SPDX-License-Identifier: MIT
#include "test_run/reports.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "match/png.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

TestReport some_report() {
    TestReport report{.seconds = 3.5, .seed = 7, .version = "oriel 1"};
    report.results.push_back({.name = "good", .file = "a.toml", .verdict = Verdict::kPassed});
    report.results.push_back({.name = "bad",
                              .file = "b.toml",
                              .verdict = Verdict::kFailed,
                              .message = "<\"&\x01>",
                              .serial = "guest\x1b[0m"});
    report.results.push_back({.name = "none", .verdict = Verdict::kBroken, .message = "no QEMU"});
    report.results.push_back({.name = "late", .verdict = Verdict::kSkipped, .message = "why"});
    return report;
}

size_t count_in(const std::string& text, const std::string& part) {
    size_t count = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

TEST_SUITE("test reports") {
    TEST_CASE("TAP has a plan and a line for each test") {
        const std::string tap = tap_report(some_report());
        CHECK(tap.starts_with("TAP version 13\n1..4\nok 1 - good\n"));
        CHECK(tap.find("\nnot ok 2 - bad\n") != std::string::npos);
        CHECK(tap.find("  message: \"<\\\"&?>\"\n") != std::string::npos);
        CHECK(tap.find("\nok 4 - late # SKIP why\n") != std::string::npos);
    }

    TEST_CASE("JUnit's XML tells failures from errors, and has no character that XML can't have") {
        const std::string xml = junit_report(some_report());
        CHECK(xml.find("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"3.500\"") !=
              std::string::npos);
        CHECK(xml.find("<failure message=\"&lt;&quot;&amp;?&gt;\">") != std::string::npos);
        CHECK(xml.find("<error message=\"no QEMU\">") != std::string::npos);
        CHECK(xml.find("<system-out>guest?[0m</system-out>") != std::string::npos);
        CHECK(xml.find('\x01') == std::string::npos);
    }

    TEST_CASE("the HTML report has all pictures in it and needs no other file") {
        const test::TempDir folder;
        std::filesystem::create_directory(folder.file("bad"));
        const match::Picture picture{Size{2, 1}, {1, 2}};
        for (const char* name : {"bad/a.png", "bad/b.png", "bad/c.png"}) {
            REQUIRE(match::write_png(folder.file(name), picture.view()));
        }
        TestReport report = some_report();
        report.results[1].steps.push_back({.title = "wait <b>",
                                           .picture = "bad/a.png",
                                           .expected = "bad/b.png",
                                           .difference = "bad/c.png"});
        const std::string html = html_report(report, folder.file(""));
        CHECK(count_in(html, "src=\"data:image/png;base64,iVBORw0KGgo") == 4);
        CHECK(html.find("wait &lt;b&gt;") != std::string::npos);
        CHECK(html.find("http") == std::string::npos);
        CHECK(html.find("1 of 4 tests passed") != std::string::npos);
        CHECK(count_in(html, "<details class=\"test failed\" open>") == 1);
    }

    TEST_CASE("a trace is named in the reports") {
        TestReport report = some_report();
        CHECK(html_report(report, "").find("All frames") == std::string::npos);
        CHECK(tap_report(report).find("trace:") == std::string::npos);
        report.results[0].trace = "good/trace.jsonl";
        CHECK(html_report(report, "").find("<a href=\"good/trace.jsonl\">") != std::string::npos);
        CHECK(tap_report(report).find("  trace: \"good/trace.jsonl\"\n") != std::string::npos);
    }

    TEST_CASE("the HTML report leads to a recording, and plays what browsers do") {
        TestReport report = some_report();
        report.results[0].recording = "good/a.mkv";
        report.results[0].recorded = "3 frames <of> 1 s";
        report.results[1].recording = "bad/film.mp4";
        const std::string html = html_report(report, "/nowhere");
        CHECK(html.find("<a href=\"good/a.mkv\">good/a.mkv</a> (3 frames &lt;of&gt; 1 s)") !=
              std::string::npos);
        CHECK(count_in(html, "<video ") == 1);
        CHECK(html.find("<video src=\"bad/film.mp4\" controls") != std::string::npos);
    }

    TEST_CASE("a result is the same after it went through the pipe of its test's process") {
        TestResult result = some_report().results[1];
        result.steps.push_back({.title = "t",
                                .place = "p:1",
                                .depth = 2,
                                .start = 0.5,
                                .seconds = 0.25,
                                .ok = true,
                                .message = "m",
                                .picture = "x.png"});
        result.command = {"oriel", "run"};
        result.updated = {"a"};
        result.trace = "bad/trace.jsonl";
        result.message = "plain";
        result.serial.clear();
        const auto back = result_of_json(to_json(result));
        REQUIRE(back);
        CHECK(to_json(*back) == to_json(result));
        CHECK_FALSE(result_of_json(nlohmann::json::parse("{\"verdict\":\"odd\"}")));
        CHECK_FALSE(result_of_json(nlohmann::json::array()));
    }

    TEST_CASE("a report that can't be written is an error, and leaves nothing") {
        CHECK_FALSE(write_report("/proc/none/report.html", "x"));
        // A full disk.
        CHECK_FALSE(write_report("/dev/full/x", "x"));
        const test::TempDir folder;
        CHECK(write_report(folder.file("r"), "text"));
        CHECK_FALSE(std::filesystem::exists(folder.file("r.part")));
    }
}

}  // namespace
}  // namespace oriel::app
