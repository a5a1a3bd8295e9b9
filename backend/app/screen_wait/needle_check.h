// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "core/result.h"
#include "screen_wait/condition.h"
#include "screen_wait/picture_check.h"

namespace oriel::app {

[[nodiscard]] Result<std::unique_ptr<PictureCheck>> make_needle_check(
    const NeedleCondition& condition);

}  // namespace oriel::app
