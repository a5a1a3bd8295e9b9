// SPDX-License-Identifier: MIT
// A picture, or a part of one, over all of the surface.

// Corners of the surface: 0 to 1, y downwards.
attribute vec2 corner;

// The part of the picture to show: x, y, width, height, in the units that the fragment shader
// counts in.
uniform vec4 source;

varying vec2 texel;

void main() {
    texel = source.xy + corner * source.zw;
    gl_Position = vec4(corner.x * 2.0 - 1.0, 1.0 - corner.y * 2.0, 0.0, 1.0);
}
