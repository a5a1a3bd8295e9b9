// SPDX-License-Identifier: MIT
#include "top/top_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/text.h"

namespace oriel::app {
namespace {

using nlohmann::json;

constexpr const char* kUnknown = "-";
constexpr const char* kLayout =
    "{:<16} {:<13} {:>3} {:<8} {:<11} {:>6} {:>6} {:>7} {:>7} {:>5} {:>7} "
    "{:>7} {}";

const json& field(const json& object, const char* name) {
    static const json nothing;
    const auto it = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && it != object.end() ? *it : nothing;
}

std::string text(const json& value) {
    return value.is_string() ? printable(value.get<std::string>()) : std::string{kUnknown};
}

double number(const json& value) {
    return value.is_number() ? value.get<double>() : 0;
}

std::string mebibytes(uint64_t bytes) {
    return bytes == 0 ? kUnknown : fmt::format("{:.1f}M", static_cast<double>(bytes) / 1048576);
}

std::string milliseconds_text(const json& histogram, const char* quantile) {
    const bool any = number(field(histogram, "count")) > 0;
    return any ? fmt::format("{:.1f}", number(field(histogram, quantile)) / 1000) : kUnknown;
}

/// How much a counter grows in a second; one that is smaller than before has begun anew.
std::string rate(const json& now, const json& before, double seconds) {
    if (!now.is_number() || !before.is_number() || seconds <= 0 || number(now) < number(before)) {
        return kUnknown;
    }
    return fmt::format("{:.1f}", (number(now) - number(before)) / seconds);
}

std::string state_of(const json& stats) {
    if (!stats.is_object()) {
        return "not answering";
    }
    if (field(field(stats, "compositor"), "state") == json("away")) {
        return "no compositor";
    }
    if (field(stats, "stale") == json(true)) {
        return "stale";
    }
    return field(stats, "attached") == json(true) ? "running" : "awaited";
}

std::string fault_of(const json& stats) {
    if (const json& compositor = field(stats, "compositor");
        field(compositor, "state") == json("away")) {
        return text(field(compositor, "reason"));
    }
    if (field(stats, "stale") == json(true)) {
        return fmt::format("the VM {} at {}", text(field(stats, "stale_reason")),
                           text(field(stats, "stale_since")));
    }
    const double rings = number(field(field(stats, "virtio"), "ring_errors"));
    if (rings > 0) {
        return fmt::format("{} broken rings", rings);
    }
    double errors = 0;
    for (const json& count : field(field(stats, "gpu"), "errors")) {
        errors += number(count);
    }
    return errors > 0 ? fmt::format("{} commands refused", errors) : kUnknown;
}

const TopSample* find(const std::vector<TopSample>& samples, const std::string& name) {
    const auto it = std::find_if(samples.begin(), samples.end(),
                                 [&](const TopSample& sample) { return sample.vm.name == name; });
    return it != samples.end() ? &*it : nullptr;
}

std::string cpu(const TopSample& now, const TopSample* before) {
    const double seconds = before != nullptr ? now.at_s - before->at_s : 0;
    if (!now.use || seconds <= 0 || !before->use || now.use->cpu_s < before->use->cpu_s) {
        return kUnknown;
    }
    return fmt::format("{:.1f}", 100 * (now.use->cpu_s - before->use->cpu_s) / seconds);
}

/// One VM's lines; what is the process' stands in the first only.
void add_lines(const TopSample& now, const TopSample* before, std::vector<std::string>& lines) {
    const json& stats = now.vm.stats;
    const double seconds = before != nullptr ? now.at_s - before->at_s : 0;
    const json& screens = field(stats, "scanouts");
    const size_t count = screens.is_array() ? screens.size() : 0;
    for (size_t i = 0; i < std::max(count, size_t{1}); ++i) {
        static const json nothing;
        const json& screen = i < count ? screens[i] : nothing;
        const json& old_screens = before != nullptr ? field(before->vm.stats, "scanouts") : nothing;
        const json& old =
            old_screens.is_array() && i < old_screens.size() ? old_screens[i] : nothing;
        // Nobody says when a frame without a compositor is on the screen.
        const char* shown = field(screen, "path") == json("headless") ? "committed" : "presented";
        const bool first = i == 0;
        const bool dark = number(field(screen, "width")) == 0;
        const json& latency = field(screen, "flush_to_presented_us");
        lines.push_back(fmt::format(
            kLayout, first ? printable(now.vm.name) : "", first ? state_of(stats) : "",
            screen.is_object() ? fmt::format("{}", i) : kUnknown, text(field(screen, "path")),
            dark ? "dark"
                 : fmt::format("{}x{}", number(field(screen, "width")),
                               number(field(screen, "height"))),
            rate(field(screen, shown), field(old, shown), seconds),
            rate(field(screen, "merged"), field(old, "merged"), seconds),
            milliseconds_text(latency, "p50"), milliseconds_text(latency, "p99"),
            first ? cpu(now, before) : "", first && now.use ? mebibytes(now.use->pss_bytes) : "",
            first && now.use ? mebibytes(now.use->rss_bytes) : "", first ? fault_of(stats) : ""));
    }
}

/// At most so many columns, and no half of a letter.
std::string cut(std::string line, size_t columns) {
    line.erase(line.find_last_not_of(' ') + 1);
    if (line.size() > columns) {
        line.resize(columns);
        while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) {
            line.pop_back();
        }
        if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xc0) {
            line.pop_back();
        }
    }
    return line;
}

}  // namespace

std::string top_table(const std::vector<TopSample>& now, const std::vector<TopSample>& before,
                      size_t columns, size_t lines) {
    std::vector<std::string> all;
    for (const TopSample& sample : now) {
        add_lines(sample, find(before, sample.vm.name), all);
    }
    if (all.empty()) {
        all.emplace_back("no VM runs");
    }
    const size_t room = lines == 0 ? all.size() : std::max(lines, size_t{2}) - 1;
    if (all.size() > room) {
        const size_t left_out = all.size() - room + 1;
        all.resize(room - 1);
        all.push_back(fmt::format("... and {} more", left_out));
    }
    std::string table =
        cut(fmt::format(kLayout, "NAME", "STATE", "SCR", "PATH", "SIZE", "FPS", "MERGED", "P50 ms",
                        "P99 ms", "CPU%", "PSS", "RSS", "FAULT"),
            columns) +
        '\n';
    for (const std::string& line : all) {
        table += cut(line, columns) + '\n';
    }
    return table;
}

}  // namespace oriel::app
