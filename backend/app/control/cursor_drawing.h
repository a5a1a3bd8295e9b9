// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "scanout/display.h"

namespace oriel::app {

/// Draws a guest's cursor over a picture of the guest's, as a desktop that shows both would: the
/// part of it that is inside. `pixels`: rows of `size`.width px without padding,
/// DRM_FORMAT_XRGB8888. `hotspot`: where the cursor's hot spot is, buffer px.
void draw_cursor(std::byte* pixels, Size size, const CursorImage& cursor, Point hotspot);

}  // namespace oriel::app
