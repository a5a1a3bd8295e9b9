// SPDX-License-Identifier: MIT
#include "serve/stats_report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>

#include "core/descriptors.h"

namespace oriel::app {
namespace {

using nlohmann::json;

json latency(const LatencyHistogram& histogram) {
    const auto us = [&](double fraction) {
        return std::round(static_cast<double>(histogram.percentile(fraction).count()) / 100.0) /
               10.0;
    };
    return {
        {"count", histogram.count()}, {"p50", us(0.5)}, {"p99", us(0.99)}, {"p99.9", us(0.999)}};
}

std::string fourcc(uint32_t format) {
    std::string name;
    for (int shift = 0; shift < 32; shift += 8) {
        const auto c = static_cast<char>(format >> shift & 0xff);
        name += c >= ' ' && c <= '~' ? c : '?';
    }
    return name;
}

template <size_t N>
json by_name(const std::array<gpu::TypeCount, N>& counts) {
    json named = json::object();
    for (const gpu::TypeCount& entry : counts) {
        if (entry.count > 0) {
            named[gpu::to_string(entry.type)] = entry.count;
        }
    }
    return named;
}

std::string source_name(const StatsSources& from, ScanoutId scanout) {
    const auto* attached = from.card.attached(scanout);
    if (attached == nullptr) {
        return "dark";
    }
    const std::string_view source = from.card.source(scanout);
    if (source == "vga" && !from.card.stale()) {
        return from.vga_mode;
    }
    return fmt::format("{} {}x{} {}", source, attached->source.width, attached->source.height,
                       fourcc(attached->framebuffer->format()));
}

/// "1.5", or "1.5x1.25" where a picture is stretched.
std::string scale(const ScanoutStats& stats) {
    const std::string x = fmt::format("{:.4g}", stats.scale_x);
    const std::string y = fmt::format("{:.4g}", stats.scale_y);
    return std::abs(stats.scale_x - stats.scale_y) < 0.01 ? x : x + "x" + y;
}

json scanout_report(const StatsSources& from, ScanoutId scanout) {
    const ScanoutStats& stats = from.card.target().stats(scanout);
    json report{{"scanout", scanout},
                {"connected", from.card.target().screen(scanout).connected},
                {"visible", from.card.target().visible(scanout)},
                {"source", source_name(from, scanout)},
                {"width", 0},
                {"height", 0},
                {"format", "none"},
                {"path", stats.path},
                {"path_reason", stats.path_reason},
                {"sync", stats.sync},
                {"scale", scale(stats)},
                {"filter", stats.filter},
                {"flushed", stats.flushed},
                {"committed", stats.committed},
                {"presented", stats.presented},
                {"merged", stats.merged},
                {"answered_by_timer", stats.answered_by_timer},
                {"feedbacks", stats.feedbacks},
                {"zero_copy", stats.zero_copy},
                {"bytes_copied", stats.bytes_copied},
                {"flush_to_commit_us", latency(stats.flush_to_commit)},
                {"kick_to_commit_us", latency(stats.kick_to_commit)},
                {"flush_to_presented_us", latency(stats.flush_to_presented)}};
    if (const auto* attached = from.card.attached(scanout)) {
        report["width"] = attached->source.width;
        report["height"] = attached->source.height;
        report["format"] = fourcc(attached->framebuffer->format());
    }
    return report;
}

void add_memory(json& report) {
    struct Line {
        std::string_view key;
        const char* name;
    };
    constexpr std::array<Line, 4> kLines{{{"VmRSS:", "rss_bytes"},
                                          {"RssAnon:", "rss_anonymous_bytes"},
                                          {"RssFile:", "rss_file_bytes"},
                                          {"RssShmem:", "rss_shared_bytes"}}};
    std::ifstream status{"/proc/self/status"};
    std::string key;
    while (status >> key) {
        for (const Line& line : kLines) {
            uint64_t kibibytes = 0;
            if (key == line.key && status >> kibibytes) {
                report[line.name] = kibibytes * 1024;
            }
        }
        status.ignore(4096, '\n');
    }
}

json gpu_report(const gpu::Stats& stats) {
    return {{"commands", by_name(stats.commands)},
            {"errors", by_name(stats.errors)},
            {"unknown_commands", stats.unknown_commands},
            {"resources", stats.resources},
            {"resource_bytes", stats.host_bytes},
            {"kept_bytes", stats.kept_bytes},
            {"blobs", stats.blobs},
            {"blob_bytes", stats.blob_bytes},
            {"backing_entries", stats.backing_entries},
            {"transferred_bytes", stats.transferred_bytes},
            {"flushes_waiting", stats.flushes_waiting},
            {"flushes_merged", stats.flushes_merged},
            {"updates_held", stats.updates_held},
            {"flushes_without_damage", stats.flushes_without_damage},
            {"cursor_updates", stats.cursor_updates}};
}

json led_names(uint32_t leds) {
    constexpr std::array<const char*, 5> kNames{"num", "caps", "scroll", "compose", "kana"};
    json names = json::array();
    for (size_t i = 0; i < kNames.size(); ++i) {
        if ((leds >> i & 1U) != 0) {
            names.push_back(kNames[i]);
        }
    }
    return names;
}

json input_report(const VmInput& input, const InputSockets* sockets) {
    const input::RouterStats& router = input.router().stats();
    uint64_t events = 0;
    uint64_t dropped = 0;
    uint64_t merged = 0;
    LatencyHistogram all;
    json devices = json::array();
    for (size_t i = 0; i < input::kKinds; ++i) {
        const auto kind = static_cast<input::Kind>(i);
        const input::InputDevice& device = input.device(kind);
        const input::DeviceStats stats = device.stats();
        events += stats.events;
        dropped += stats.dropped;
        merged += stats.merged;
        all.add(stats.latency);
        devices.push_back({{"name", to_string(kind)},
                           {"attached", sockets != nullptr && sockets->attached(kind)},
                           {"ready", device.ready()},
                           {"events", stats.events},
                           {"dropped", stats.dropped},
                           {"merged", stats.merged},
                           {"waiting", device.waiting()},
                           {"bad_buffers", stats.bad_buffers},
                           {"leds", led_names(device.leds())}});
    }
    json report{{"calls", router.calls},
                {"undelivered", router.undelivered},
                {"events", events},
                {"dropped", dropped},
                {"merged", merged},
                {"latency_us", latency(all)},
                {"devices", std::move(devices)}};
    if (const input::QmpTarget* qmp = input.qmp()) {
        const input::QmpStats stats = qmp->stats();
        report["qmp"] = {{"connected", stats.connected},
                         {"absolute", stats.absolute},
                         {"suspended", stats.suspended},
                         {"connects", stats.connects},
                         {"commands", stats.commands},
                         {"errors", stats.errors},
                         {"garbage", stats.garbage},
                         {"dropped", stats.dropped},
                         {"untranslatable", stats.untranslatable}};
    }
    return report;
}

json agent_report(const agent::AgentStats& stats) {
    return {{"connected", stats.connected},
            {"ready", stats.ready},
            {"capabilities", stats.capabilities},
            {"connects", stats.connects},
            {"offers_to_guest", stats.offers_to_guest},
            {"offers_to_host", stats.offers_to_host},
            {"texts_to_guest", stats.texts_to_guest},
            {"texts_to_host", stats.texts_to_host},
            {"garbage", stats.garbage},
            {"refused", stats.refused},
            {"unanswered", stats.unanswered},
            {"dropped", stats.dropped}};
}

json compositor_report(const CompositorReport& from) {
    using State = CompositorReport::State;
    json report{{"losses", from.losses}};
    switch (from.state) {
        case State::kStarting:
            report["state"] = "starting";
            break;
        case State::kShown:
            report["state"] = "shown";
            break;
        case State::kAway:
            report["state"] = "away";
            report["away_s"] = std::chrono::floor<std::chrono::seconds>(from.away).count();
            report["reason"] = from.reason;
            break;
    }
    return report;
}

json vfio_user_report(const vfio_user::Stats& stats) {
    return {
        {"messages", std::accumulate(stats.messages.begin(), stats.messages.end(), uint64_t{0})},
        {"errors", stats.replies_with_error},
        {"malformed", stats.malformed},
        {"clients", stats.clients},
        {"clients_refused", stats.clients_refused},
        {"interrupts", stats.interrupts},
        {"interrupts_latched", stats.interrupts_latched},
        {"unwanted_fds", stats.unwanted_fds},
        {"register_access_us", latency(stats.region_access)}};
}

}  // namespace

json stats_report(const StatsSources& from) {
    json report{{"name", from.name},
                {"pid", ::getpid()},
                {"uptime_s", std::chrono::floor<std::chrono::seconds>(from.uptime).count()},
                {"attached", from.attached},
                {"scanouts", json::array()},
                {"gpu", gpu_report(from.gpu)},
                {"virtio",
                 {{"kicks", from.virtio.kicks},
                  {"interrupts", from.virtio.interrupts},
                  {"ring_errors", from.virtio.ring_errors}}},
                {"input", input_report(from.input, from.input_sockets)},
                {"vfio_user", vfio_user_report(from.vfio_user)}};
    add_stale(report, from.stale);
    for (ScanoutId scanout = 0; scanout < from.card.target().scanout_count(); ++scanout) {
        report["scanouts"].push_back(scanout_report(from, scanout));
    }
    if (from.agent != nullptr) {
        report["agent"] = agent_report(from.agent->stats());
    }
    if (from.compositor) {
        report["compositor"] = compositor_report(*from.compositor);
    }
    report["descriptors"] = {{"open", open_descriptors()},
                             {"limit", descriptor_limit()},
                             {"reserved", reserved_descriptors()}};
    add_memory(report);
    return report;
}

}  // namespace oriel::app
