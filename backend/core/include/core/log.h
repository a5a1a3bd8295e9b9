// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/clock.h"

namespace oriel {

enum class LogLevel : uint8_t { kError, kWarn, kInfo, kDebug };

[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view name);

/// The process-wide threshold; `kInfo` until set.
void set_log_level(LogLevel level);
[[nodiscard]] LogLevel log_level();
[[nodiscard]] inline bool log_enabled(LogLevel level) {
    return level <= log_level();
}

/// Where lines go: stderr unless a test puts its own sink here (nullptr restores stderr). A line
/// has no newline at its end.
using LogSink = void (*)(void* context, LogLevel level, std::string_view line);
void set_log_sink(LogSink sink, void* context);

/// Writes one line "oriel: AREA: TEXT", made printable (core/text.h), 4096 bytes at most. Never
/// blocks and never throws: a line that nobody reads in time is lost, and the next one that is
/// written is preceded by how many were.
void log_write(LogLevel level, std::string_view area, fmt::string_view format,
               fmt::format_args args) noexcept;

template <class... Args>
void log(LogLevel level, std::string_view area, fmt::format_string<Args...> format,
         Args&&... args) {
    if (log_enabled(level)) {
        log_write(level, area, format, fmt::make_format_args(args...));
    }
}
template <class... Args>
void log_error(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::kError, area, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warn(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::kWarn, area, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::kInfo, area, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_debug(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::kDebug, area, format, std::forward<Args>(args)...);
}

/// Keeps a guest from filling the host's journal: lets `burst` lines through at once and then one
/// each `interval`. `admit` says whether to log now; `suppressed()` is how many were swallowed
/// since the last admitted one.
class LogLimiter {
public:
    explicit LogLimiter(uint32_t burst = 10, Nanoseconds interval = Nanoseconds{1'000'000'000})
        : burst_{burst}, tokens_{burst}, interval_{interval} {}

    [[nodiscard]] bool admit(TimePoint now);
    [[nodiscard]] uint64_t suppressed() const { return last_suppressed_; }

private:
    uint32_t burst_;
    uint32_t tokens_;
    Nanoseconds interval_;
    TimePoint refilled_{};
    uint64_t suppressed_ = 0;
    uint64_t last_suppressed_ = 0;
};

}  // namespace oriel
