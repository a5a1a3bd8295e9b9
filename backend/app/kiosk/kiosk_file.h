// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "kiosk/vm_plan.h"

namespace oriel::app {

/// Something in the file that is not as it should be.
struct Mistake {
    uint32_t line = 0;
    uint32_t column = 0;
    std::string text;
    friend bool operator==(const Mistake&, const Mistake&) = default;
};

/// A file of `oriel kiosk`, checked: data/doc/kiosk.md has all of its keys.
struct KioskFile {
    /// In the file's order. Not to be used where there are mistakes.
    std::vector<VmPlan> vms;
    /// In the file's order; all of them, but for kMaxMistakes. A text that isn't TOML has one.
    std::vector<Mistake> mistakes;
    /// Lines about what will not work as its author may wish.
    std::vector<std::string> warnings;
};

constexpr size_t kMaxKioskFile = size_t{1} << 20;  ///< bytes
constexpr size_t kMaxKioskVms = 64;
constexpr size_t kMaxMistakes = 100;

/// `folder`: where sockets are that the file doesn't name.
[[nodiscard]] KioskFile read_kiosk_file(std::string_view text, const std::string& folder);

/// The file's text; an error if it can't be read, or is longer than kMaxKioskFile.
[[nodiscard]] Result<std::string> load_kiosk_file(const std::string& path);

/// "panel.toml:3:7: TEXT".
[[nodiscard]] std::string to_line(const std::string& path, const Mistake& mistake);

}  // namespace oriel::app
