/* SPDX-License-Identifier: MIT */
/* font.h - an 8x16 font, drawn for Longjump, for machines whose firmware has none. */
#ifndef STANDALONE_FONT_H
#define STANDALONE_FONT_H

#include "core/display.h"

/* The font, 256 glyphs of 16 bytes: ASCII, and the shades, blocks and single lines of code page
 * 437. All other characters are an empty box. */
const uint8_t *font_glyphs(void);

#endif
