/* SPDX-License-Identifier: MIT
 *
 * Letters of a font, by fcft. In C, as fcft's header is no C++.
 */
#pragma once

#include <pixman.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct text_font;

/* The system's usual font, with attributes of fontconfig: "pixelsize=12". Null: there is none. */
struct text_font* text_font_open(const char* attributes);
void text_font_close(struct text_font* font);

/* Px from one line to the next, and from a line's top to where its letters stand. */
int text_font_height(const struct text_font* font);
int text_font_ascent(const struct text_font* font);

/* How much further right the letter after `letter` begins; `before`: the one on its left, or 0. */
int text_font_advance(struct text_font* font, uint32_t letter, uint32_t before);
/* Draws a letter in the colour of `source` at `x`, standing on `baseline`. */
void text_font_draw(struct text_font* font, uint32_t letter, pixman_image_t* source,
                    pixman_image_t* target, int x, int baseline);

#ifdef __cplusplus
}
#endif
