// SPDX-License-Identifier: MIT
#pragma once

namespace oriel::shaders {

// The text of the shader files of the same names.
extern const char* const picture_vert;
extern const char* const picture_frag;
extern const char* const vga_frag;
extern const char* const vga_interleaved_frag;
extern const char* const vga_packed_frag;
extern const char* const vga_planar_frag;
extern const char* const vga_text_frag;

}  // namespace oriel::shaders
