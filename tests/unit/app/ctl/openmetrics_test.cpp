// SPDX-License-Identifier: MIT
#include "ctl/openmetrics.h"

#include <doctest/doctest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace oriel::app {
namespace {

using nlohmann::json;

/// A text of OpenMetrics, read as its grammar (1.0) has it. Fails the test where it isn't one.
struct Exposition {
    explicit Exposition(const std::string& text) {
        std::istringstream lines{text};
        std::string line;
        bool ended = false;
        CHECK(text.ends_with("# EOF\n"));
        while (std::getline(lines, line)) {
            CAPTURE(line);
            REQUIRE_FALSE(ended);
            ended = line == "# EOF";
            if (!ended) {
                read(line);
            }
        }
    }

    void read(const std::string& line) {
        static const std::regex metadata{"# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)"};
        static const std::string label = R"re([a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")re";
        static const std::regex sample{"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(" + label + "(?:," +
                                       label + ")*)\\})? (-?[0-9.e+-]+)"};
        std::smatch found;
        if (std::regex_match(line, found, metadata)) {
            describe(found[1], found[2], found[3]);
            return;
        }
        REQUIRE(std::regex_match(line, found, sample));
        add(found[1], found[2], std::stod(found[3]));
    }

    void describe(const std::string& what, const std::string& name, const std::string& value) {
        if (what == "TYPE") {
            // Each family is in one piece.
            CHECK(types.emplace(name, value).second);
            CHECK(std::set<std::string>{"gauge", "counter", "summary", "info"}.contains(value));
            family = name;
        }
        CHECK(name == family);
        if (what == "UNIT") {
            CHECK(name.ends_with("_" + value));
            CHECK(std::set<std::string>{"seconds", "bytes"}.contains(value));
        }
    }

    void add(const std::string& name, const std::string& labels, double value) {
        static const std::map<std::string, std::set<std::string>> ends{{"gauge", {""}},
                                                                       {"counter", {"_total"}},
                                                                       {"summary", {"", "_count"}},
                                                                       {"info", {"_info"}}};
        REQUIRE(name.starts_with(family));
        const std::string& type = types.at(family);
        CHECK(ends.at(type).contains(name.substr(family.size())));
        CHECK((type == "summary" && name == family) ==
              (labels.find("quantile=") != std::string::npos));
        CHECK(samples.emplace(name + "{" + labels + "}", value).second);
        if (type != "gauge") {
            CHECK(value >= 0);
        }
    }

    [[nodiscard]] double at(const std::string& sample) const {
        CAPTURE(sample);
        const auto it = samples.find(sample);
        REQUIRE(it != samples.end());
        return it->second;
    }

    std::string family;
    std::map<std::string, std::string> types;
    std::map<std::string, double> samples;
};

json latency(int count) {
    return {{"count", count}, {"p50", 40.5}, {"p99", 1500}, {"p99.9", 2000}};
}

json stats_of_vm() {
    return {
        {"attached", true},
        {"stale", false},
        {"uptime_s", 12},
        {"rss_bytes", 5'000'000},
        {"compositor", {{"losses", 2}}},
        {"held", {{"all", {{"bytes", 8192}, {"descriptors", 3}}}}},
        {"gpu",
         {{"commands", {{"RESOURCE_FLUSH", 7}, {"SET_SCANOUT", 1}}}, {"errors", json::object()}}},
        {"virtio", {{"kicks", 9}}},
        {"input", {{"latency_us", latency(0)}}},
        {"scanouts",
         {{{"scanout", 0},
           {"connected", true},
           {"visible", false},
           {"path", "direct"},
           {"flushed", 100},
           {"bytes_copied", 4096},
           {"flush_to_commit_us", latency(100)}},
          {{"scanout", 1}, {"flushed", 3}}}}};
}

}  // namespace

TEST_SUITE("openmetrics") {
    TEST_CASE("the numbers of all VMs are one valid text") {
        const Exposition text{
            openmetrics({{"one", stats_of_vm()}, {"two", stats_of_vm()}, {"gone", nullptr}})};
        CHECK(text.at("oriel_up{vm=\"one\"}") == 1);
        CHECK(text.at("oriel_up{vm=\"gone\"}") == 0);
        CHECK(text.at("oriel_vmm_attached{vm=\"two\"}") == 1);
        CHECK(text.at("oriel_stale{vm=\"two\"}") == 0);
        CHECK(text.at("oriel_uptime_seconds{vm=\"one\"}") == 12);
        CHECK(text.at("oriel_compositor_losses_total{vm=\"one\"}") == 2);
        CHECK(text.at("oriel_held_bytes{vm=\"one\"}") == 8192);
        CHECK(text.at("oriel_held_descriptors{vm=\"two\"}") == 3);
        CHECK(text.at("oriel_gpu_commands_total{vm=\"one\",command=\"RESOURCE_FLUSH\"}") == 7);
        CHECK(text.at("oriel_screen_flushed_frames_total{vm=\"two\",screen=\"1\"}") == 3);
        CHECK(text.at("oriel_screen_info{vm=\"one\",screen=\"0\",path=\"direct\"}") == 1);
        CHECK(text.at("oriel_screen_copied_bytes_total{vm=\"one\",screen=\"0\"}") == 4096);
        CHECK(text.at("oriel_screen_visible{vm=\"one\",screen=\"0\"}") == 0);
    }

    TEST_CASE("latencies are seconds, and those of nothing are left out") {
        const Exposition text{openmetrics({{"one", stats_of_vm()}})};
        const std::string name = "oriel_screen_flush_to_commit_seconds";
        CHECK(text.at(name + "{vm=\"one\",screen=\"0\",quantile=\"0.5\"}") ==
              doctest::Approx(0.0000405));
        CHECK(text.at(name + "{vm=\"one\",screen=\"0\",quantile=\"0.999\"}") ==
              doctest::Approx(0.002));
        CHECK(text.at(name + "_count{vm=\"one\",screen=\"0\"}") == 100);
        CHECK_FALSE(text.samples.contains("oriel_input_latency_seconds_count{vm=\"one\"}"));
    }

    TEST_CASE("whatever a process says, the text stays valid") {
        const json odd{{"attached", "\"\n# EOF"},
                       {"scanouts", {{{"scanout", "x"}, {"path", "a\"b\\c\nd"}}, 7, nullptr}},
                       {"gpu", {{"commands", {{"a\"\\\n", 1}, {"b", "x"}}}, {"errors", 5}}},
                       {"input", {{"latency_us", {{"count", "many"}}}}}};
        const Exposition text{openmetrics({{"odd \"name\"\n", odd}, {"two", json::array()}})};
        CHECK(text.at("oriel_up{vm=\"two\"}") == 0);
        CHECK(text.samples.size() >= 3);
    }

    TEST_CASE("without a VM there is a text, too") {
        const Exposition text{openmetrics({})};
        CHECK(text.samples.empty());
        CHECK(text.types.size() > 20);
    }
}

}  // namespace oriel::app
