// SPDX-License-Identifier: MIT
#pragma once

namespace oriel::shaders {

// The text of the shader files of the same names.
extern const char* const picture_vert;
extern const char* const picture_frag;

}  // namespace oriel::shaders
