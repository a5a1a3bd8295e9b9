// SPDX-License-Identifier: MIT
// Text: the character generator. A unit is a luminance-alpha texel, whose luminance (the character)
// is read as red, green and blue, and whose alpha is the attribute.

uniform sampler2D font;  // a texel for each line of a glyph; a row for each glyph, two maps of 256

uniform vec4 cursor;           // column, row, first and last row scan
uniform float has_cursor;      // this and the next three: 0 or 1
uniform float blink;           // attribute bit 7 blinks, else it is the background's bit 3
uniform float blink_off;       // blinking characters are invisible now
uniform float line_graphics;   // characters 0xc0 to 0xdf repeat dot 7 as dot 8
uniform float underline_scan;  // beyond the glyph: none

// Whether integers that floats hold are the same.
bool same(float a, float b) {
    return abs(a - b) < 0.5;
}

bool is_set(float flag) {
    return flag > 0.5;
}

bool in_glyph(Pixel pixel, float character, float map) {
    // Dot 8 is not in the font.
    bool ninth = pixel.dot > 7.5;
    if (ninth && !(is_set(line_graphics) && same(divide(character, 32.0), 6.0))) {
        return false;
    }
    vec2 where = vec2(middle(pixel.scan, 32.0), middle(map * 256.0 + character, 512.0));
    float dots = to_bytes(texture2D(font, where)).r;
    float bit = ninth ? 0.0 : 7.0 - pixel.dot;
    return is_set(remainder(divide(dots, power_of_two(bit)), 2.0));
}

bool in_cursor(Pixel pixel) {
    return is_set(has_cursor) && same(pixel.unit.x, cursor.x) && same(pixel.unit.y, cursor.y) &&
           pixel.scan > cursor.z - 0.5 && pixel.scan < cursor.w + 0.5;
}

float colour_number(Pixel pixel) {
    float character = pixel.bytes.r;
    float attributes = pixel.bytes.a;
    float foreground = remainder(attributes, 16.0);
    float background = divide(attributes, 16.0);
    bool invisible = false;
    if (is_set(blink)) {
        invisible = is_set(blink_off) && background > 7.5;
        background = remainder(background, 8.0);
    }
    // The cursor also shows on a character that is invisible now.
    if (in_cursor(pixel)) {
        return foreground;
    }
    bool underlined = same(pixel.scan, underline_scan) && same(remainder(attributes, 8.0), 1.0) &&
                      same(remainder(background, 8.0), 0.0);
    bool lit = underlined || in_glyph(pixel, character, divide(foreground, 8.0));
    return lit && !invisible ? foreground : background;
}
