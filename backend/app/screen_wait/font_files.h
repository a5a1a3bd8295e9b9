// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "match/console_font.h"

namespace oriel::app {

/// Fonts for texts on screens: those of `files`, which must be readable, and of the system's
/// packages those that are there: the Linux console's (console-setup-linux), GRUB's (grub-common),
/// OVMF's (ovmf), a VGA BIOS' (seabios). An error if there is none at all.
[[nodiscard]] Result<std::vector<match::BitmapFont>> read_fonts(
    const std::vector<std::string>& files);

}  // namespace oriel::app
