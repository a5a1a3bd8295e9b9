// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "screen_wait/condition.h"
#include "screen_wait/picture_check.h"

namespace oriel::app {

[[nodiscard]] Result<std::unique_ptr<PictureCheck>> make_text_check(
    const TextCondition& condition, const std::vector<std::string>& fonts);

}  // namespace oriel::app
