// SPDX-License-Identifier: MIT
// 256 colours: a byte is a pixel. GLSL ES needs not know how to index a vector with a variable.

float colour_number(Pixel pixel) {
    vec4 distance_from_byte = abs(vec4(pixel.dot) - vec4(0.0, 1.0, 2.0, 3.0));
    return dot(pixel.bytes, vec4(lessThan(distance_from_byte, vec4(0.5))));
}
