// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "cli/checks.h"
#include "cli/values.h"

namespace oriel::app {

TopOptions check_top(const GivenOptions& given) {
    constexpr uint32_t kLongest = 3600;
    const std::string text = given.text_or_default(OptionId::kInterval);
    const auto seconds = parse_number(text);
    if (!seconds || *seconds < 1 || *seconds > kLongest) {
        refuse(fmt::format("--interval {}: expected 1 to {} seconds", text, kLongest));
    }
    return {.once = given.has(OptionId::kOnce), .interval = std::chrono::seconds{*seconds}};
}

}  // namespace oriel::app
