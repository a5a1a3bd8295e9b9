// SPDX-License-Identifier: MIT
// CGA's two bits a pixel: a byte is four pixels, leftmost first. Bytes 0 and 2 have the low and the
// high two bits of pixels 0 to 3, bytes 1 and 3 those of pixels 4 to 7.

float colour_number(Pixel pixel) {
    vec2 low_and_high = pixel.dot < 3.5 ? pixel.bytes.rb : pixel.bytes.ga;
    float shift = 2.0 * (3.0 - remainder(pixel.dot, 4.0));
    vec4 bits = remainder(divide(vec4(low_and_high, 0.0, 0.0), power_of_two(shift)), 4.0);
    return bits.x + 4.0 * bits.y;
}
