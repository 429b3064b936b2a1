/* SPDX-License-Identifier: MIT */
/*
 * draw.h - draws coloured lines on a screen: the cells of text mode, or pixels and a font. Draws
 * into memory that it is given; accesses no device.
 */
#ifndef EXPLAIN_DRAW_H
#define EXPLAIN_DRAW_H

#include "core/colour.h"
#include "core/fault_info.h"

#include <stdint.h>

#define GLYPH_HEIGHT 16 /* of the font, in its pixels */

struct canvas {
	uint8_t *bytes;                  /* the first cell, or the first pixel */
	const uint8_t *font;             /* NULL: text mode */
	struct fault_info_screen pixels; /* unused without a font */
	unsigned columns, rows;          /* of characters */
	unsigned scale;                  /* pixels per pixel of the font, in each direction */
};

/* The screen in text mode, 80x25, at `bytes`. */
struct canvas canvas_of_text(uint8_t *bytes);

/* The screen in graphics mode. */
struct canvas canvas_of_pixels(uint8_t *bytes, const struct fault_info_screen *screen,
                               const uint8_t *font);

/* Draws a character that is on the screen. */
void draw_char(const struct canvas *canvas, unsigned column, unsigned row, char c,
               enum colour colour);

/* Draws lines as show_screen() makes them, over all of the screen: what comes after a form feed is
 * the last line; what does not fit above it is left out. */
void draw(const struct canvas *canvas, const char *lines);

#endif
