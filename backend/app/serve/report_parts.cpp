// SPDX-License-Identifier: MIT
#include "serve/report_parts.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/descriptors.h"
#include "core/ledger.h"

namespace oriel::app {
namespace {

using nlohmann::json;

std::string fourcc(uint32_t format) {
    std::string name;
    for (int shift = 0; shift < 32; shift += 8) {
        const auto c = static_cast<char>(format >> shift & 0xff);
        name += c >= ' ' && c <= '~' ? c : '?';
    }
    return name;
}

/// "1.5", or "1.5x1.25" where a picture is stretched.
std::string scale(const ScanoutStats& stats) {
    const std::string x = fmt::format("{:.4g}", stats.scale_x);
    const std::string y = fmt::format("{:.4g}", stats.scale_y);
    return std::abs(stats.scale_x - stats.scale_y) < 0.01 ? x : x + "x" + y;
}

std::string picture_name(std::string_view source, const Framebuffer& framebuffer,
                         const Rect& part) {
    return fmt::format("{} {}x{} {}", source, part.width, part.height,
                       fourcc(framebuffer.format()));
}

json held_report(const Held& held) {
    return {{"bytes", held.bytes}, {"descriptors", held.descriptors}};
}

void add_held(json& report) {
    json& all = report["held"];
    const HeldByKind kinds = held_by_kind();
    for (size_t i = 0; i < kHeldFor; ++i) {
        all[to_string(static_cast<HeldFor>(i))] = held_report(kinds.at(i));
    }
    all["all"] = held_report(held_in_all(kinds));
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

}  // namespace

std::string shown_name(const card::Card& card, const headless::ShownFrame& frame,
                       const std::string& vga_mode) {
    if (frame.picture == nullptr) {
        return "dark";
    }
    const std::string_view source = card.source(frame.scanout);
    return source == "vga" && !card.stale()
               ? vga_mode
               : picture_name(source, *frame.picture->framebuffer, frame.picture->source);
}

json latency_report(const LatencyHistogram& histogram) {
    const auto us = [&](double fraction) {
        return std::round(static_cast<double>(histogram.percentile(fraction).count()) / 100.0) /
               10.0;
    };
    return {
        {"count", histogram.count()}, {"p50", us(0.5)}, {"p99", us(0.99)}, {"p99.9", us(0.999)}};
}

std::string picture_name(const card::Card& card, ScanoutId scanout) {
    const auto* attached = card.attached(scanout);
    if (attached == nullptr) {
        return "dark";
    }
    return picture_name(card.source(scanout), *attached->framebuffer, attached->source);
}

std::string source_name(const card::Card& card, ScanoutId scanout, const std::string& vga_mode) {
    const bool vga = card.attached(scanout) != nullptr && card.source(scanout) == "vga";
    return vga && !card.stale() ? vga_mode : picture_name(card, scanout);
}

json scanout_report(const card::Card& card, ScanoutId scanout, const std::string& source) {
    const ScanoutStats& stats = card.target().stats(scanout);
    json report{{"scanout", scanout},
                {"connected", card.target().screen(scanout).connected},
                {"visible", card.target().visible(scanout)},
                {"source", source},
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
                {"flush_to_commit_us", latency_report(stats.flush_to_commit)},
                {"kick_to_commit_us", latency_report(stats.kick_to_commit)},
                {"flush_to_presented_us", latency_report(stats.flush_to_presented)}};
    if (const auto* attached = card.attached(scanout)) {
        report["width"] = attached->source.width;
        report["height"] = attached->source.height;
        report["format"] = fourcc(attached->framebuffer->format());
    }
    return report;
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

void add_process(json& report) {
    report["descriptors"] = {{"open", open_descriptors()},
                             {"limit", descriptor_limit()},
                             {"reserved", reserved_descriptors()}};
    add_held(report);
    add_memory(report);
}

}  // namespace oriel::app
