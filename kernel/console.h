/* SPDX-License-Identifier: MIT */
/*
 * console.h - a screen of character cells in sixteen colours, whether the machine shows text or
 * pixels. Output outside the screen is clipped, and is not an error.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#include <longjump.h>

/* Numbered like the colours of VGA's text mode, so later output of other code also looks right. */
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

/* Characters beyond ASCII, in the PC's code page 437. */
#define CHARACTER_SQUARE '\xfe'
#define CHARACTER_FULL   '\xdb'

/* Part of a bar: its length is its share of the sum of all amounts. */
struct part {
	uint64_t amount;
	enum colour colour;
};

/*
 * Uses the framebuffer and font in `info` if it has them, otherwise VGA's text mode; clears the
 * screen. `info` may be null.
 */
void console_start(const struct longjump_boot_info *info);

/* The size of the screen in cells: 80 x 25 in text mode. */
unsigned console_columns(void);
unsigned console_rows(void);

/* Fills a rectangle with a colour. */
void console_fill(unsigned column, unsigned row, unsigned columns, unsigned rows,
                  enum colour paper);

/* Writes at most `width` cells of a text into one row. Returns how many cells it used. */
unsigned console_write(unsigned column, unsigned row, unsigned width, enum colour ink,
                       enum colour paper, const char *text);

/* Writes a text at double size in a framebuffer, and at normal size in text mode. */
void console_write_large(unsigned column, unsigned row, enum colour ink, enum colour paper,
                         const char *text);

/* Draws a bar, its parts from left to right. Even the smallest part is visible. */
void console_bar(unsigned column, unsigned row, unsigned columns, unsigned rows,
                 const struct part *parts, size_t count);

#endif
