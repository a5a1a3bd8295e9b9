// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "cli/checks.h"
#include "core/log.h"

namespace oriel::app {

KioskOptions check_kiosk(const GivenOptions& given) {
    if (given.words.empty() || given.words[0].empty()) {
        refuse("kiosk: which file? Expected for example oriel kiosk panel.toml");
    }
    if (given.words.size() > 1) {
        refuse(fmt::format("kiosk: one file only, not also '{}'", given.words[1]));
    }
    const OptionRow& row = option_row(OptionId::kLogLevel);
    const std::string word = given.text_or_default(row.id);
    const auto level = parse_log_level(word);
    if (!level) {
        refuse(fmt::format("{} {}: expected {}", row.name, word, words_of(row.choices)));
    }
    return {.file = given.words[0], .check = given.has(OptionId::kCheck), .log_level = *level};
}

}  // namespace oriel::app
