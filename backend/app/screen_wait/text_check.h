// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "core/result.h"
#include "screen_wait/condition.h"
#include "screen_wait/font_files.h"
#include "screen_wait/picture_check.h"

namespace oriel::app {

[[nodiscard]] Result<std::unique_ptr<PictureCheck>> make_text_check(const TextCondition& condition,
                                                                    ScreenFonts& fonts);

}  // namespace oriel::app
