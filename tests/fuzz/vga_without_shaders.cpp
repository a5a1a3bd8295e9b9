// SPDX-License-Identifier: MIT
#include "vga_shaders.h"

bool oriel::test::shaders_agree(const std::shared_ptr<vga::Picture>&, const Region&) {
    return true;
}
