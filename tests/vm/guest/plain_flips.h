// SPDX-License-Identifier: MIT
#pragma once

#include "drm_device.h"

namespace oriel::guest {

// Flips through `count` frames, each in one colour of its own, waits for the event of each, and
// says how many events did not come in their turn ("lost") and how many took longer than `late_ms`.
void run_plain_flips(const DrmDevice& device, const Screen& screen, uint64_t count,
                     uint64_t late_ms);

}  // namespace oriel::guest
