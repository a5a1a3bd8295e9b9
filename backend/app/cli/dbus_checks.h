// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "cli/dbus_option.h"
#include "cli/given_options.h"

namespace oriel::app {

/// Nothing without --dbus and --fd. Throws StartupError with exit code 2, also where options are
/// given that are for a card of Oriel's own.
[[nodiscard]] std::optional<DbusOption> check_dbus(const GivenOptions& given);

/// The first option of `run` that only a card of Oriel's own has; empty: none is given.
[[nodiscard]] std::string own_card_option(const GivenOptions& given);

}  // namespace oriel::app
