// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "ctl/stats_table.h"
#include "scanout/null_display.h"
#include "serve/stats_report.h"

namespace oriel::app {
namespace {

using nlohmann::json;

/// A presenter with numbers to show.
class CountingDisplay final : public NullDisplay {
public:
    CountingDisplay() : NullDisplay{{ScreenInfo{}, ScreenInfo{}}} {
        ScanoutStats& stats = stats_[0];
        stats.path = "shm";
        stats.path_reason = "no GPU";
        stats.sync = "explicit";
        stats.committed = 40;
        stats.merged = 2;
        stats.feedbacks = 9;
        stats.zero_copy = 8;
        stats.bytes_copied = uint64_t{3} << 20;
        stats.flush_to_commit.add(std::chrono::microseconds{40});
    }
};

struct Numbers {
    std::string name = "vm";
    CountingDisplay display;
    card::Card card{display};
    Display& vga = card.add_source("vga", 0, 1);
    Display& virtio = card.add_source("virtio", 1);
    vfio_user::Stats vfio_user;
    vhost_user::Stats vhost_user;
    gpu::Stats gpu;
    ManualClock clock;
    EventLoop loop{clock};
    VmInput input{loop, {}};
    const agent::Agent* agent = nullptr;
    std::optional<CompositorReport> compositor;

    [[nodiscard]] json report() const {
        return stats_report({.name = name,
                             .card = card,
                             .vga_mode = "bochs 64x48x32",
                             .gpu = gpu,
                             .virtio = {.kicks = 7},
                             .vfio_user = &vfio_user,
                             .vhost_user = &vhost_user,
                             .input = input,
                             .agent = agent,
                             .attached = true,
                             .uptime = std::chrono::milliseconds{2900},
                             .compositor = compositor});
    }
};

TEST_SUITE("statistics") {
    TEST_CASE("what a VMM keeps from its guest is in the table, and only then") {
        Numbers numbers;
        CHECK(numbers.report()["vhost_user"]["missing"] == "");
        CHECK(stats_table(numbers.report()).find("works without") == std::string::npos);
        numbers.vhost_user.missing = "EDID and blobs";
        CHECK(
            stats_table(numbers.report()).find("the guest's driver works without EDID and blobs") !=
            std::string::npos);
    }

    TEST_CASE("the clipboard tells how much it has been used, if it is shared") {
        Numbers numbers;
        CHECK_FALSE(numbers.report().contains("agent"));
        CHECK(stats_table(numbers.report()).find("agent") == std::string::npos);
        const agent::Agent agent{numbers.loop, "/no/such/socket"};
        numbers.agent = &agent;
        json report = numbers.report();
        CHECK(report["agent"]["connected"] == false);
        CHECK(report["agent"]["ready"] == false);
        CHECK(report["agent"]["texts_to_host"] == 0);
        CHECK(stats_table(report).find("agent: no VMM; 0 texts to the guest") != std::string::npos);
        report["agent"]["connected"] = true;
        CHECK(stats_table(report).find("agent: awaited") != std::string::npos);
        report["agent"]["ready"] = true;
        report["agent"]["texts_to_host"] = 3;
        CHECK(
            stats_table(report).find("shares the clipboard; 0 texts to the guest, 3 to the host") !=
            std::string::npos);
    }

    TEST_CASE("a compositor that is away is told of, and why") {
        Numbers numbers;
        CHECK_FALSE(numbers.report().contains("compositor"));
        numbers.compositor.emplace();
        CHECK(numbers.report()["compositor"]["state"] == "starting");
        numbers.compositor->state = CompositorReport::State::kShown;
        json report = numbers.report();
        CHECK(report["compositor"] == json{{"state", "shown"}, {"losses", 0}});
        CHECK(stats_table(report).find("compositor") == std::string::npos);
        numbers.compositor = CompositorReport{.state = CompositorReport::State::kAway,
                                              .losses = 2,
                                              .away = std::chrono::milliseconds{4700},
                                              .reason = "it closed the connection"};
        report = numbers.report();
        CHECK(report["compositor"]["state"] == "away");
        CHECK(report["compositor"]["away_s"] == 4);
        CHECK(report["compositor"]["losses"] == 2);
        CHECK(stats_table(report).find("compositor: away for 4 s: it closed the connection\n") !=
              std::string::npos);
    }

    TEST_CASE("each scanout tells what it shows and how") {
        Numbers numbers;
        const auto framebuffer =
            std::make_shared<Framebuffer>(MemoryPixels::create({64, 48}).value(), 0x34325258);
        numbers.vga.attach(0, framebuffer, {0, 0, 64, 48});
        json report = numbers.report();
        REQUIRE(report["scanouts"].size() == 2);
        CHECK(report["scanouts"][0]["source"] == "bochs 64x48x32");
        CHECK(report["scanouts"][0]["format"] == "XR24");
        CHECK(report["scanouts"][0]["width"] == 64);
        CHECK(report["scanouts"][0]["path"] == "shm");
        CHECK(report["scanouts"][0]["sync"] == "explicit");
        CHECK(report["scanouts"][1]["sync"] == "none");
        CHECK(report["scanouts"][0]["merged"] == 2);
        CHECK(report["scanouts"][0]["flush_to_commit_us"]["p50"].get<double>() ==
              doctest::Approx(40).epsilon(0.07));
        CHECK(report["scanouts"][1]["source"] == "dark");
        numbers.virtio.attach(0, framebuffer, {0, 0, 32, 16});
        report = numbers.report();
        CHECK(report["scanouts"][0]["source"] == "virtio 32x16 XR24");
        CHECK(report["scanouts"][0]["width"] == 32);
    }

    TEST_CASE("commands and errors are counted by the specification's names") {
        Numbers numbers;
        numbers.gpu.count_command(static_cast<uint32_t>(gpu::wire::Type::kSetScanout));
        numbers.gpu.count_error(gpu::wire::Type::kErrInvalidResourceId);
        numbers.vfio_user.messages[3] = 5;
        const json report = numbers.report();
        CHECK(report["gpu"]["commands"] == json{{"SET_SCANOUT", 1}});
        CHECK(report["gpu"]["errors"].dump().find("INVALID_RESOURCE_ID") != std::string::npos);
        CHECK(report["virtio"]["kicks"] == 7);
        CHECK(report["vfio_user"]["messages"] == 5);
        CHECK(report["uptime_s"] == 2);
        CHECK(report["rss_bytes"].get<uint64_t>() > 100'000);
        const json& descriptors = report["descriptors"];
        CHECK(descriptors["open"].get<size_t>() > 3);
        CHECK(descriptors["limit"].get<size_t>() >= descriptors["open"].get<size_t>());
        CHECK(descriptors["reserved"].get<size_t>() < descriptors["limit"].get<size_t>());
    }

    TEST_CASE("input tells what its devices are and have got") {
        Numbers numbers;
        numbers.input.router().key(30, true);
        const json input = numbers.report()["input"];
        REQUIRE(input["devices"].size() == 4);
        CHECK(input["devices"][0]["name"] == "keyboard");
        CHECK(input["devices"][3]["ready"] == false);
        CHECK(input["devices"][0]["leds"] == json::array());
        CHECK(input["undelivered"] == 1);
        CHECK(input["latency_us"]["count"] == 0);
        CHECK_FALSE(input.contains("qmp"));
        CHECK(stats_table({{"input", {{"devices", {{{"name", "mouse"}, {"ready", true}}}}}}})
                  .find("input: mouse;") != std::string::npos);
    }

    TEST_CASE("the table for people has the numbers, and nothing makes it fail") {
        Numbers numbers;
        numbers.gpu.blobs = 3;
        numbers.gpu.blob_bytes = uint64_t{2} << 20;
        const std::string table = stats_table(numbers.report());
        for (const char* part :
             {"vm: process", "up 2 s", "VMM attached", "path shm (no GPU), explicit sync",
              "committed 40", "3.0 MiB", "zero copy 8 of 9", "3 of them blobs, 2.0 MiB of",
              "7 kicks", "open, "}) {
            CAPTURE(table);
            CHECK(table.find(part) != std::string::npos);
        }
        for (const json& odd : {json{}, json::array(), json{{"scanouts", 5}, {"gpu", "no"}},
                                json{{"scanouts", {1, json::object()}}}}) {
            CHECK_FALSE(stats_table(odd).empty());
        }
        const std::string steering =
            stats_table({{"name", "a\n\x1b[31m"}, {"gpu", {{"errors", {{"\x1b[2J", 1}}}}}});
        CHECK(steering.find('\x1b') == std::string::npos);
        CHECK(steering.find("a??[31m: process") == 0);
    }
}

}  // namespace
}  // namespace oriel::app
