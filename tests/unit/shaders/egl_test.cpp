// SPDX-License-Identifier: MIT
#include "shaders/egl.h"

#include <doctest/doctest.h>

using namespace oriel::shaders;

TEST_CASE("renderers that draw with the CPU are known by their names") {
    CHECK(is_software_renderer("llvmpipe (LLVM 15.0.6, 256 bits)"));
    CHECK(is_software_renderer("softpipe"));
    CHECK(is_software_renderer("Software Rasterizer"));
    CHECK_FALSE(is_software_renderer("Mesa Intel(R) UHD Graphics 770 (ADL-S GT1)"));
    CHECK_FALSE(is_software_renderer("AMD Radeon RX 6600 (navi23, LLVM 15.0.6, DRM 3.49)"));
    CHECK_FALSE(is_software_renderer("virgl (ANGLE (Intel, Mesa))"));
}
