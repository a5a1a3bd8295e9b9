// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "kiosk/vm_plan.h"
#include "toml_file/mistake.h"

namespace oriel::app {

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

/// `folder`: where sockets are that the file doesn't name.
[[nodiscard]] KioskFile read_kiosk_file(std::string_view text, const std::string& folder);

/// The file's text; an error if it can't be read, or is longer than kMaxKioskFile.
[[nodiscard]] Result<std::string> load_kiosk_file(const std::string& path);

}  // namespace oriel::app
