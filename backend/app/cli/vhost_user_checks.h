// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "cli/given_options.h"
#include "cli/options.h"
#include "cli/vhost_user_option.h"

namespace oriel::app {

/// `--vhost-user`, and what doesn't go with it. Refuses what is wrong.
[[nodiscard]] std::optional<VhostUserOption> check_vhost_user(const GivenOptions& given);

/// The same of `run`, where `--vhost-user` says the road as `--road vhost-user` does.
void check_vhost_user_road(const GivenOptions& given, ServeOptions& options);

}  // namespace oriel::app
