/* SPDX-License-Identifier: MIT */
/* font.h - an 8x16 font, drawn for Longjump, where no firmware has one to lend. */
#ifndef STANDALONE_FONT_H
#define STANDALONE_FONT_H

#include "core/display.h"

/* The font: ASCII, and of IBM's code page 437 the shades, blocks and single lines. All else is an
 * empty box. */
const uint8_t *font_glyphs(void);

#endif
