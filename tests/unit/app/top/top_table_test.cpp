// SPDX-License-Identifier: MIT
#include "top/top_table.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/temp_dir.h"

namespace oriel::app {
namespace {

using nlohmann::json;

json screen(int presented) {
    return {{"scanout", 0},
            {"path", "direct"},
            {"width", 1920},
            {"height", 1080},
            {"presented", presented},
            {"merged", presented / 10},
            {"flush_to_presented_us", {{"count", 5}, {"p50", 16700}, {"p99", 33400}}}};
}

TopSample vm(const std::string& name, json stats, double at_s, double cpu_s = 0) {
    return {{name, std::move(stats), 7}, ProcessUse{cpu_s, 40 << 20, 3 << 20}, at_s};
}

json running(int presented) {
    return {{"attached", true}, {"stale", false}, {"scanouts", {screen(presented)}}};
}

std::vector<std::string> words(const std::string& table, size_t line) {
    std::istringstream lines{table};
    std::string text;
    for (size_t i = 0; i <= line; ++i) {
        std::getline(lines, text);
    }
    std::istringstream parts{text};
    std::vector<std::string> found;
    while (parts >> text) {
        found.push_back(text);
    }
    return found;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_SUITE("top") {
    TEST_CASE("rates are what has grown between two moments") {
        const std::string table = top_table({vm("panel", running(160), 12, 3.5)},
                                            {vm("panel", running(40), 10, 3.0)}, 200, 0);
        CHECK(words(table, 1) == Words{"panel", "running", "0", "direct", "1920x1080", "60.0",
                                       "6.0", "16.7", "33.4", "25.0", "3.0M", "40.0M", "-"});
    }
    TEST_CASE("at the first moment, and after counters began anew, there are no rates") {
        const Words first = words(top_table({vm("a", running(160), 12)}, {}, 200, 0), 1);
        CHECK(first[5] == "-");
        CHECK(first[9] == "-");
        const Words anew = words(
            top_table({vm("a", running(1), 12, 1)}, {vm("a", running(40), 10, 2)}, 200, 0), 1);
        CHECK(anew[5] == "-");
        CHECK(anew[9] == "-");
    }
    TEST_CASE("a VM that does not answer is a line, too") {
        const std::string table = top_table({vm("stuck", nullptr, 2)}, {}, 200, 0);
        CHECK(table.find("stuck            not answering   - ") != std::string::npos);
    }
    TEST_CASE("states and faults are named") {
        json away = running(1);
        away["compositor"] = {{"state", "away"}, {"reason", "it hung up"}};
        json stale = running(1);
        stale["stale"] = true;
        stale["stale_reason"] = "closed the connection";
        stale["stale_since"] = "2026-11-29T21:40:07Z";
        json rings = running(1);
        rings["virtio"] = {{"ring_errors", 2}};
        const std::string table = top_table(
            {vm("a", away, 1), vm("b", stale, 1), vm("c", json::object(), 1), vm("d", rings, 1)},
            {}, 300, 0);
        CHECK(table.find("no compositor") != std::string::npos);
        CHECK(table.find("it hung up\n") != std::string::npos);
        CHECK(table.find("the VM closed the connection at 2026-11-29T21:40:07Z\n") !=
              std::string::npos);
        CHECK(table.find("c                awaited") != std::string::npos);
        CHECK(table.find("2 broken rings\n") != std::string::npos);
    }
    TEST_CASE("the table fits a terminal") {
        std::vector<TopSample> many;
        for (int i = 0; i < 50; ++i) {
            many.push_back(vm("vm" + std::to_string(i), running(1), 1));
        }
        const std::string table = top_table(many, {}, 40, 10);
        std::istringstream lines{table};
        std::string line;
        size_t count = 0;
        while (std::getline(lines, line)) {
            ++count;
            CHECK(line.size() <= 40);
        }
        CHECK(count == 10);
        CHECK(table.find("... and 42 more\n") != std::string::npos);
        CHECK(words(top_table({}, {}, 80, 24), 1) == Words{"no", "VM", "runs"});
    }
    TEST_CASE("what a process says can't steer the terminal") {
        json odd = running(1);
        odd["scanouts"][0]["path"] = "\033[2Jx";
        odd["compositor"] = {{"state", "away"}, {"reason", "a\033[31m\nb"}};
        const std::string table = top_table({vm("odd", odd, 1)}, {}, 300, 0);
        CHECK(table.find('\033') == std::string::npos);
        CHECK(std::count(table.begin(), table.end(), '\n') == 2);
    }
    TEST_CASE("a process' use is read from /proc, also with a name that has blanks and brackets") {
        CHECK(process_use(::getpid())->rss_bytes > 100'000);
        CHECK_FALSE(process_use(-1));
        const test::TempDir proc;
        std::filesystem::create_directory(proc.file("12"));
        std::ofstream{proc.file("12/stat")} << "12 (a ) b) S 1 2 3 4 5 6 7 8 9 10 "
                                            << 3 * ::sysconf(_SC_CLK_TCK) << " "
                                            << ::sysconf(_SC_CLK_TCK) << " 0\n";
        std::ofstream{proc.file("12/smaps_rollup")} << "x\nRss: 8 kB\nPss: 5 kB\n";
        const auto use = process_use(12, proc.file(""));
        REQUIRE(use);
        CHECK(use->cpu_s == doctest::Approx(4));
        CHECK(use->pss_bytes == 5 * 1024);
    }
}

}  // namespace oriel::app
