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
                static_cast<LogLines*>(self)->lines.emplace_back(line);
            },
            this);
    }
    LogLines(const LogLines&) = delete;
    LogLines& operator=(const LogLines&) = delete;
    ~LogLines() { set_log_sink(nullptr, nullptr); }

    /// How many lines contain `text`.
    [[nodiscard]] long count(std::string_view text) const {
        return std::count_if(lines.begin(), lines.end(), [text](const std::string& line) {
            return line.find(text) != std::string::npos;
        });
    }

    std::vector<std::string> lines;
};

}  // namespace oriel::test
