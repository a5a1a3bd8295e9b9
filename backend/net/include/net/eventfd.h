// SPDX-License-Identifier: MIT
#pragma once

#include "core/unique_fd.h"

namespace oriel {

/// Whether it is an eventfd. Anything else may block when it is written to, or take the bytes as
/// its contents.
[[nodiscard]] bool is_eventfd(const UniqueFd& fd);

/// Reading and writing it never blocks from now on: its counter may be full, or zero.
void make_non_blocking(const UniqueFd& eventfd);

/// Adds one. A full counter means that it is signalled already; any other failure is the VMM's own
/// loss.
void signal_eventfd(const UniqueFd& eventfd);

/// Takes back what was signalled. False where nothing was.
[[nodiscard]] bool take_signal(const UniqueFd& eventfd);

}  // namespace oriel
