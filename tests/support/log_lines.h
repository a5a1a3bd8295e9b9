// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/log.h"

namespace oriel::test {

/// Keeps what is logged as long as it lives, instead of writing it to stderr.
class LogLines {
public:
    LogLines() {
        set_log_sink(
            [](void* self, LogLevel, std::string_view line) {
                auto& log = *static_cast<LogLines*>(self);
                const bool slow = line.find("a turn took") != std::string_view::npos;
                (slow ? log.slow_turns : log.lines).emplace_back(line);
            },
            this);
    }
    LogLines(const LogLines&) = delete;
    LogLines& operator=(const LogLines&) = delete;
    ~LogLines() { set_log_sink(nullptr, nullptr); }

    /// How many lines contain `text`.
    [[nodiscard]] long count(std::string_view text) const {
        const auto has_text = [text](const std::string& line) {
            return line.find(text) != std::string::npos;
        };
        return std::count_if(lines.begin(), lines.end(), has_text) +
               std::count_if(slow_turns.begin(), slow_turns.end(), has_text);
    }

    std::vector<std::string> lines;
    /// What loops say when this machine was slow: turns are measured with its own clock.
    std::vector<std::string> slow_turns;
};

}  // namespace oriel::test
