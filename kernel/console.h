/* SPDX-License-Identifier: MIT */
/*
 * console.h - a screen of character cells in sixteen colours, whether the machine shows text or
 * pixels. Whatever lies outside the screen is cut off, never an error.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#include <longjump.h>

/* Numbered like the colours of VGA's text mode, so what others print afterwards looks right too. */
enum colour {
	COLOUR_NIGHT, /* the background */
	COLOUR_BLUE,
	COLOUR_GREEN,
	COLOUR_CYAN,
	COLOUR_RED,
	COLOUR_VIOLET,
	COLOUR_ORANGE,
	COLOUR_GREY, /* plain text */
	COLOUR_DIM,
	COLOUR_SKY,
	COLOUR_LIME,
	COLOUR_AQUA,
	COLOUR_ROSE,
	COLOUR_PINK,
	COLOUR_YELLOW,
	COLOUR_WHITE,
	COLOUR_COUNT
};

/* Characters beyond ASCII, by their numbers in the PC's own font (code page 437). */
#define CHARACTER_SQUARE '\xfe'
#define CHARACTER_FULL   '\xdb'

/* A piece of a bar: as long as its share of the sum of all amounts. */
struct part {
	uint64_t amount;
	enum colour colour;
};

/*
 * Takes over the framebuffer if `info` has one, with the font that came with it, else VGA's text
 * mode; clears the screen. `info` may be null, if nothing is known.
 */
void console_start(const struct longjump_boot_info *info);

/* How many cells there are: 80 x 25 in text mode. */
unsigned console_columns(void);
unsigned console_rows(void);

/* Fills a rectangle with a colour. */
void console_fill(unsigned column, unsigned row, unsigned columns, unsigned rows,
                  enum colour paper);

/* Writes a text into one row, at most `width` cells of it. Returns how many it took. */
unsigned console_write(unsigned column, unsigned row, unsigned width, enum colour ink,
                       enum colour paper, const char *text);

/* Writes a text twice as large on pixels; no larger than any other in text mode. */
void console_write_large(unsigned column, unsigned row, enum colour ink, enum colour paper,
                         const char *text);

/* Draws a bar, its parts from left to right. However small a part, a little of it shows. */
void console_bar(unsigned column, unsigned row, unsigned columns, unsigned rows,
                 const struct part *parts, size_t count);

#endif
