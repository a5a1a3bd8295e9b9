// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "card/card.h"
#include "core/result.h"

namespace oriel::card {

/// What a source has attached, for as long as it likes, whatever becomes of its VM. A picture in
/// memory of our own stays where it is: no VM can reach it, and the device that drew it lets go of
/// it. Of the VM's own memory (video memory, a dma-buf) this is a copy of the part that was shown,
/// which takes its bytes from `room`; an error where the CPU can't read the picture, `room` is too
/// small, or the host has no memory.
[[nodiscard]] Result<Card::Attached> last_picture(const Card::Attached& picture, size_t& room);

}  // namespace oriel::card
