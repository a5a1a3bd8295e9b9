// SPDX-License-Identifier: MIT
#pragma once

#include "drm_device.h"

namespace oriel::guest {

// The frame buffer device /dev/fb0, mapped; it must have 32 bits a pixel. With the kernel's EFI
// frame buffer these are the firmware's pixels themselves. Ends the program where there is none.
DumbBuffer open_fbdev();

}  // namespace oriel::guest
