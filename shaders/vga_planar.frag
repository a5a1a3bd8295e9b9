// SPDX-License-Identifier: MIT
// Sixteen colours in four planes: a byte of each plane is one bit of eight pixels, leftmost first.

float colour_number(Pixel pixel) {
    vec4 bits = remainder(divide(pixel.bytes, power_of_two(7.0 - pixel.dot)), 2.0);
    return dot(bits, vec4(1.0, 2.0, 4.0, 8.0));
}
