// SPDX-License-Identifier: MIT
#include "control/stale_report.h"

#include <array>
#include <nlohmann/json.hpp>

namespace oriel::app {
namespace {

std::string as_text(const std::tm& time, const char* format) {
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &time)};
}

std::string utc(std::time_t time) {
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    return as_text(parts, "%Y-%m-%dT%H:%M:%SZ");
}

}  // namespace

void add_stale(nlohmann::json& object, const std::optional<StaleReport>& report) {
    object["stale"] = report.has_value();
    if (report) {
        object["stale_since"] = utc(report->since);
        object["stale_reason"] = report->reason;
    }
}

std::string local_time(std::time_t time) {
    std::tm parts{};
    ::localtime_r(&time, &parts);
    return as_text(parts, "%Y-%m-%d %H:%M:%S");
}

}  // namespace oriel::app
