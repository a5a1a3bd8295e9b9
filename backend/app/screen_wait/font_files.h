// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "match/console_text.h"

namespace oriel::app {

/// Fonts for texts on screens: those of `files`, which must be readable, and of the system's
/// packages those that are there: the Linux console's (console-setup-linux), GRUB's (grub-common),
/// OVMF's (ovmf), a VGA BIOS' (seabios). They are read once, for the first text: that takes a
/// firmware image unpacked, and a test has many texts.
class ScreenFonts {
public:
    explicit ScreenFonts(std::vector<std::string> files = {}) : files_{std::move(files)} {}

    /// Never null. An error names a file that can't be read, or says that there is no font at all;
    /// the next call tries again.
    [[nodiscard]] Result<std::shared_ptr<const match::TextReader>> reader();

private:
    std::vector<std::string> files_;
    std::shared_ptr<const match::TextReader> reader_;  // null before the first text
};

}  // namespace oriel::app
