// SPDX-License-Identifier: MIT
#include "run/qemu_probe.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "core/log.h"
#include "net/program_output.h"

namespace oriel::app {
namespace {

/// QEMU 11 prints 30 KiB of devices.
constexpr size_t kMaxHelp = size_t{1} << 20;
constexpr Nanoseconds kHelpPatience{5'000'000'000};
constexpr std::string_view kDeviceLine = "name \"";
constexpr std::string_view kBeforeVersion = " version ";
constexpr const char* kKnown = "known";
constexpr const char* kUnknown = "unknown";
/// The kernel takes 128 KiB.
constexpr size_t kMostGiven = size_t{100} << 10;

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
    ask(answer, option);
    return answer.known ? std::optional{answer.names.contains(name)} : std::nullopt;
}

void QemuProbe::ask(Answer& answer, const char* option) {
    const bool given = &answer == &devices_ && !answer.asked && take_given();
    if (!answer.asked && !given && !program_.empty()) {
        const auto help = program_output({program_, option, "help"}, kMaxHelp, kHelpPatience);
        if (help) {
            answer.names = names_in_help(*help);
            answer.known = true;
        } else {
            log_debug("app", "run: {}", help.error().message());
        }
    }
    answer.asked = true;
}

std::string QemuProbe::devices_for_others() {
    ask(devices_, "-device");
    std::string lines = program_ + '\n' + (devices_.known ? kKnown : kUnknown);
    for (const std::string& name : devices_.names) {
        lines += '\n' + name;
    }
    return lines.size() <= kMostGiven ? lines : std::string{};
}

/// What somebody has asked this program before; false where nobody has.
bool QemuProbe::take_given() {
    const char* const variable = std::getenv(kVariable);
    std::string_view lines{variable != nullptr ? variable : ""};
    const auto next = [&lines] {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        return line;
    };
    if (program_.empty() || next() != program_) {
        return false;
    }
    const std::string_view state = next();
    devices_.known = state == kKnown;
    while (!lines.empty()) {
        devices_.names.emplace(next());
    }
    return state == kKnown || state == kUnknown;
}

}  // namespace oriel::app
