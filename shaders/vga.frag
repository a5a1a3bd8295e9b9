// SPDX-License-Identifier: MIT
// A raw VGA picture, the part that all kinds have in common: from a pixel of the screen to the unit
// of video memory that holds it, and from a colour's number to the colour (the DAC). One of the
// vga_KIND.frag files follows in the same source text and says what is in a unit. The rule that
// this follows is VgaPictureData's, in scanout/vga_picture.h.
//
// OpenGL ES 2 has no integers in shaders: these are floats that hold integers, all below 65536 and
// so exact in highp. Only divisions are not, and divide() keeps clear of where that matters.
precision highp float;

uniform sampler2D units;    // a texel for each unit of the grid
uniform sampler2D lines;    // a texel for each line: row's low byte, its high byte, row scan, pan
uniform sampler2D colours;  // 256 texels

uniform vec2 grid;  // columns, rows
uniform float line_count;
uniform float pixels_per_unit;
uniform float pixels_per_dot;

// Where on the screen; in the middle of a pixel, half a pixel away from where floor() would err.
varying vec2 texel;

struct Pixel {
    vec2 unit;   // column and row in the grid
    float dot;   // which of the unit's pixels, from the left
    float scan;  // text: the line of the glyphs
    vec4 bytes;  // the unit's bytes, 0 to 255 each
};

// In the kind's own file: the pixel's index into `colours`.
float colour_number(Pixel pixel);

// Texels come as value / 255, which needs not be exact.
vec4 to_bytes(vec4 texels) {
    return floor(texels * 255.0 + 0.5);
}

// The middle of texel `index` of `count`: the nearest one is then the right one.
float middle(float index, float count) {
    return (index + 0.5) / count;
}

// a / b, rounded down. With the half the quotient is never closer to an integer than 0.5 / b, far
// more than the error of a GPU's division.
float divide(float a, float b) {
    return floor((a + 0.5) / b);
}
vec4 divide(vec4 a, float b) {
    return floor((a + 0.5) / b);
}

float remainder(float a, float b) {
    return a - b * divide(a, b);
}
vec4 remainder(vec4 a, float b) {
    return a - b * divide(a, b);
}

// 2 to the n; exp2 alone may be a little off.
float power_of_two(float n) {
    return floor(exp2(n) + 0.5);
}

void main() {
    vec2 at = floor(texel);
    vec4 line = to_bytes(texture2D(lines, vec2(middle(at.y, line_count), 0.5)));
    float x = divide(at.x, pixels_per_dot) + line.a;
    Pixel pixel;
    pixel.unit = vec2(divide(x, pixels_per_unit), line.r + line.g * 256.0);
    pixel.dot = remainder(x, pixels_per_unit);
    pixel.scan = line.b;
    vec2 where = vec2(middle(pixel.unit.x, grid.x), middle(pixel.unit.y, grid.y));
    pixel.bytes = to_bytes(texture2D(units, where));
    vec2 entry = vec2(middle(colour_number(pixel), 256.0), 0.5);
    gl_FragColor = vec4(texture2D(colours, entry).rgb, 1.0);
}
