/* SPDX-License-Identifier: MIT */
#include "caption/font.h"

#include <fcft/fcft.h>
#include <stdlib.h>

struct text_font {
    struct fcft_font* font;
};

struct text_font* text_font_open(const char* attributes) {
    static bool ready = false;
    if (!ready && !fcft_init(FCFT_LOG_COLORIZE_NEVER, false, FCFT_LOG_CLASS_NONE)) {
        return NULL;
    }
    ready = true;
    const char* names[] = {"sans-serif"};
    struct fcft_font* found = fcft_from_name(1, names, attributes);
    struct text_font* font = found != NULL ? malloc(sizeof *font) : NULL;
    if (font == NULL) {
        fcft_destroy(found);
        return NULL;
    }
    font->font = found;
    return font;
}

void text_font_close(struct text_font* font) {
    if (font != NULL) {
        fcft_destroy(font->font);
        free(font);
    }
}

int text_font_height(const struct text_font* font) {
    return font->font->height;
}

int text_font_ascent(const struct text_font* font) {
    return font->font->ascent;
}

int text_font_advance(struct text_font* font, uint32_t letter, uint32_t before) {
    const struct fcft_glyph* glyph =
        fcft_rasterize_char_utf32(font->font, letter, FCFT_SUBPIXEL_NONE);
    if (glyph == NULL) {
        return 0;
    }
    long kern = 0;
    long unused = 0;
    if (before == 0 || !fcft_kerning(font->font, before, letter, &kern, &unused)) {
        kern = 0;
    }
    return glyph->advance.x + (int)kern;
}

void text_font_draw(struct text_font* font, uint32_t letter, pixman_image_t* source,
                    pixman_image_t* target, int x, int baseline) {
    const struct fcft_glyph* glyph =
        fcft_rasterize_char_utf32(font->font, letter, FCFT_SUBPIXEL_NONE);
    if (glyph == NULL || glyph->pix == NULL) {
        return;
    }
    const int left = x + glyph->x;
    const int top = baseline - glyph->y;
    if (pixman_image_get_format(glyph->pix) == PIXMAN_a8r8g8b8) {
        /* It has colours of its own. */
        pixman_image_composite32(PIXMAN_OP_OVER, glyph->pix, NULL, target, 0, 0, 0, 0, left, top,
                                 glyph->width, glyph->height);
    } else {
        pixman_image_composite32(PIXMAN_OP_OVER, source, glyph->pix, target, 0, 0, 0, 0, left, top,
                                 glyph->width, glyph->height);
    }
}
