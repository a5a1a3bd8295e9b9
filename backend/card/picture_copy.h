// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "card/card.h"
#include "core/result.h"

namespace oriel::card {

/// What a source has attached, as it is now, in memory of its own. It takes its bytes from `room`.
/// An error where the CPU can't read the picture, `room` is too small, or the host has no memory.
[[nodiscard]] Result<FramebufferRef> copy_picture(const Card::Attached& picture, size_t& room);

}  // namespace oriel::card
