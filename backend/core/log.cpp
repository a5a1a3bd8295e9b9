// SPDX-License-Identifier: MIT
#include "core/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <iterator>
#include <utility>

#include "core/journal.h"
#include "core/text.h"

namespace oriel {
namespace {

LogLevel g_level = LogLevel::kInfo;
LogSink g_sink = nullptr;
void* g_sink_context = nullptr;

constexpr std::string_view level_prefix(LogLevel level) {
    switch (level) {
        case LogLevel::kError:
            return "error: ";
        case LogLevel::kWarn:
            return "warning: ";
        case LogLevel::kInfo:
        case LogLevel::kDebug:
            return "";
    }
    return "";
}

/// Lines that nobody took (log_write), since the last one that was written.
uint64_t g_lost = 0;

// A pipe or a terminal that poll() calls writable takes this much without blocking.
constexpr size_t kMaxLine = PIPE_BUF;

/// Whether a line can be written now. A reader that has stopped (a pipe that is full, a terminal
/// after Ctrl+S) must not stop a display.
bool somebody_reads() {
    pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    return ::poll(&ready, 1, 0) > 0 && (ready.revents & POLLOUT) != 0;
}

void write_line(std::string_view line) {
    // One write a line, so that lines of several processes on one stderr don't interleave. A full
    // disk or a closed pipe costs the line, nothing else.
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    static_cast<void>(written);
}

/// So that it and a line break are no longer than kMaxLine.
void shorten(std::string& line) {
    constexpr std::string_view kCut = "...";
    if (line.size() < kMaxLine) {
        return;
    }
    size_t end = kMaxLine - kCut.size() - 1;
    // Not inside a character of several bytes.
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) {
        --end;
    }
    line.resize(end);
    line += kCut;
}

/// The line, which begins with `prefix`, to the journal if there is one, after how many were lost.
/// Whether that was it.
bool journal_took(LogLevel level, const std::string& line, size_t prefix) {
    if (g_lost != 0) {
        const std::string lost = fmt::format("log: {} lines were lost, nobody read them", g_lost);
        if (send_to_journal(LogLevel::kWarn, lost, {}) == JournalSend::kSent) {
            g_lost = 0;
        }
    }
    const std::string_view message = std::string_view{line}.substr(prefix);
    const JournalSend sent = send_to_journal(level, message, log_fields());
    g_lost += sent == JournalSend::kLater ? 1 : 0;
    return sent != JournalSend::kNone;
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
    if (name == "error") {
        return LogLevel::kError;
    }
    if (name == "warn" || name == "warning") {
        return LogLevel::kWarn;
    }
    if (name == "info") {
        return LogLevel::kInfo;
    }
    if (name == "debug") {
        return LogLevel::kDebug;
    }
    return std::nullopt;
}

void set_log_level(LogLevel level) {
    g_level = level;
}

LogLevel log_level() {
    return g_level;
}

void set_log_sink(LogSink sink, void* context) {
    g_sink = sink;
    g_sink_context = context;
}

void log_write(LogLevel level, std::string_view area, fmt::string_view format,
               fmt::format_args args) noexcept {
    try {
        fmt::memory_buffer raw;
        fmt::format_to(std::back_inserter(raw), "oriel: {}", level_prefix(level));
        const size_t prefix = raw.size();
        fmt::format_to(std::back_inserter(raw), "{}: ", area);
        fmt::vformat_to(std::back_inserter(raw), format, args);
        std::string line = printable({raw.data(), raw.size()});
        if (g_sink != nullptr) {
            g_sink(g_sink_context, level, line);
            return;
        }
        shorten(line);
        // Who speaks and how bad it is are fields there.
        if (journal_took(level, line, prefix)) {
            return;
        }
        if (!somebody_reads()) {
            ++g_lost;
            return;
        }
        if (const uint64_t lost = std::exchange(g_lost, 0); lost != 0) {
            write_line(
                fmt::format("oriel: warning: log: {} lines were lost, nobody read them\n", lost));
            if (!somebody_reads()) {
                ++g_lost;
                return;
            }
        }
        line.push_back('\n');
        write_line(line);
    } catch (...) {
        // Out of memory while formatting: a log line is not worth a process.
        return;
    }
}

bool LogLimiter::admit(TimePoint now) {
    if (now - refilled_ >= interval_) {
        const auto periods = static_cast<uint64_t>((now - refilled_) / interval_);
        tokens_ = static_cast<uint32_t>(
            std::min<uint64_t>(burst_, uint64_t{tokens_} + std::min<uint64_t>(periods, burst_)));
        refilled_ = now;
    }
    if (tokens_ == 0) {
        ++suppressed_;
        return false;
    }
    --tokens_;
    last_suppressed_ = std::exchange(suppressed_, 0);
    return true;
}

}  // namespace oriel
