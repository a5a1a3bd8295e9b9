// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "core/result.h"
#include "screen_wait/condition.h"

namespace oriel::app {

/// The words of `oriel ctl NAME wait`: "text" "login:". The error is a line for the user.
[[nodiscard]] Result<Condition> parse_condition_words(std::span<const std::string> words);

}  // namespace oriel::app
