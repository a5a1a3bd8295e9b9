// SPDX-License-Identifier: MIT
#pragma once

#include "drm_device.h"

namespace oriel::guest {

// A buffer of another driver (/dev/udmabuf, which stands for a GPU's), given to the display device
// by PRIME, and mapped. Needs a kernel whose virtio-gpu imports foreign buffers (6.15).
DumbBuffer import_foreign_buffer(const DrmDevice& device, uint32_t width, uint32_t height);

}  // namespace oriel::guest
