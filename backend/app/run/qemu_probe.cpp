// SPDX-License-Identifier: MIT
#include "run/qemu_probe.h"

#include <algorithm>
#include <charconv>

#include "core/log.h"
#include "net/program_output.h"

namespace oriel::app {
namespace {

/// QEMU 11 prints 30 KiB of devices.
constexpr size_t kMaxHelp = size_t{1} << 20;
constexpr Nanoseconds kHelpPatience{5'000'000'000};
constexpr std::string_view kDeviceLine = "name \"";
constexpr std::string_view kBeforeVersion = " version ";

}  // namespace

std::set<std::string, std::less<>> names_in_help(std::string_view text) {
    std::set<std::string, std::less<>> names;
    while (!text.empty()) {
        const size_t length = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, length);
        text.remove_prefix(std::min(length + 1, text.size()));
        if (line.starts_with(kDeviceLine)) {
            line.remove_prefix(kDeviceLine.size());
            names.emplace(line.substr(0, line.find('"')));
        } else if (!line.empty() && line.find_first_of(" \t") == std::string_view::npos) {
            names.emplace(line);
        }
    }
    return names;
}

std::optional<int> version_in(std::string_view text) {
    const size_t at = text.find(kBeforeVersion);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    text.remove_prefix(at + kBeforeVersion.size());
    int number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

/// Asked by one caller, when it matters: not kept.
std::optional<int> QemuProbe::major_version() {
    if (program_.empty()) {
        return std::nullopt;
    }
    const auto said = program_output({program_, "-version"}, kMaxHelp, kHelpPatience);
    return said ? version_in(*said) : std::nullopt;
}

std::optional<bool> QemuProbe::has(Answer& answer, const char* option, std::string_view name) {
    if (!answer.asked && !program_.empty()) {
        const auto help = program_output({program_, option, "help"}, kMaxHelp, kHelpPatience);
        if (help) {
            answer.names = names_in_help(*help);
            answer.known = true;
        } else {
            log_debug("app", "run: {}", help.error().message());
        }
    }
    answer.asked = true;
    return answer.known ? std::optional{answer.names.contains(name)} : std::nullopt;
}

}  // namespace oriel::app
