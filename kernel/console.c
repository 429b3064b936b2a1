/* SPDX-License-Identifier: MIT */
/*
 * console.c - draws character cells into VGA text memory or into a framebuffer. Knows how each of
 * them represents characters and colours; knows nothing of what is shown.
 */
#include "console.h"

#include <stdbool.h>

#include "cpu.h"

enum { GLYPH_WIDTH = 8, GLYPH_HEIGHT = 16 };

/* Red, green and blue of each colour, 8 bits each. */
static const uint32_t palette[COLOUR_COUNT] = {
	[COLOUR_NIGHT] = 0x10182c,  [COLOUR_BLUE] = 0x2c56c0, [COLOUR_GREEN] = 0x35a56a,
	[COLOUR_CYAN] = 0x2ba6b8,   [COLOUR_RED] = 0xd0453f,  [COLOUR_VIOLET] = 0xa566d6,
	[COLOUR_ORANGE] = 0xe8923a, [COLOUR_GREY] = 0xc4ccda, [COLOUR_DIM] = 0x56617a,
	[COLOUR_SKY] = 0x6aa2ff,    [COLOUR_LIME] = 0x6ddc97, [COLOUR_AQUA] = 0x6fe0ee,
	[COLOUR_ROSE] = 0xff7b74,   [COLOUR_PINK] = 0xf2a0d8, [COLOUR_YELLOW] = 0xf4d35e,
	[COLOUR_WHITE] = 0xffffff,
};

static struct {
	unsigned columns, rows;
	volatile uint16_t *cells; /* text mode: its memory; null on pixels */
	struct longjump_framebuffer framebuffer;
	const uint8_t *font;          /* null: no font is available */
	unsigned scale;               /* screen pixels per font pixel */
	uint32_t pixel[COLOUR_COUNT]; /* the palette in the framebuffer's format */
} screen;

/* ---- VGA's text mode ---- */

/* VGA's ports. A cell is two bytes: a character, and its colours: background << 4 | foreground. */
enum {
	ATTRIBUTE_INDEX = 0x3c0, /* takes an index and a value alternately ... */
	ATTRIBUTE_READ = 0x3c1,
	ATTRIBUTE_RESET = 0x3da, /* ... reading here restarts with the index */
	DAC_INDEX = 0x3c8,
	DAC_DATA = 0x3c9, /* red, green, blue: 6 bits each */
	CRT_INDEX = 0x3d4,
	CRT_DATA = 0x3d5,
};

enum {
	TEXT_MEMORY = 0xb8000,
	ATTRIBUTE_MODE = 0x10,
	MODE_BLINKS = 0x08,  /* ATTRIBUTE_MODE: background bit 3 means "blink" */
	SHOW_PICTURE = 0x20, /* ATTRIBUTE_INDEX */
	CRT_CURSOR_START = 0x0a,
	CURSOR_IS_OFF = 0x20, /* CRT_CURSOR_START */
};

/* Makes all sixteen colours available as background; by default, eight of them blink instead. */
static void stop_blinking(void)
{
	uint8_t mode;

	port_read(ATTRIBUTE_RESET);
	port_write(ATTRIBUTE_INDEX, ATTRIBUTE_MODE | SHOW_PICTURE);
	mode = port_read(ATTRIBUTE_READ);
	port_write(ATTRIBUTE_INDEX, mode & (uint8_t)~MODE_BLINKS);
}

/* Loads our palette. Text mode does not use the first sixteen DAC entries, but scattered ones. */
static void set_palette(void)
{
	static const uint8_t place[COLOUR_COUNT] = { 0,  1,  2,  3,  4,  5,  20, 7,
		                                     56, 57, 58, 59, 60, 61, 62, 63 };

	for (unsigned i = 0; i < COLOUR_COUNT; i++) {
		port_write(DAC_INDEX, place[i]);
		port_write(DAC_DATA, (uint8_t)(palette[i] >> 18 & 0x3f));
		port_write(DAC_DATA, (uint8_t)(palette[i] >> 10 & 0x3f));
		port_write(DAC_DATA, (uint8_t)(palette[i] >> 2 & 0x3f));
	}
}

/* The machine is in text mode already; only cursor, blinking and palette change. */
static void start_text(void)
{
	screen.columns = 80;
	screen.rows = 25;
	screen.cells = (volatile uint16_t *)TEXT_MEMORY;
	stop_blinking();
	set_palette();
	port_write(CRT_INDEX, CRT_CURSOR_START);
	port_write(CRT_DATA, CURSOR_IS_OFF);
}

/* ---- pixels ---- */

/* Scales an 8-bit colour component to the framebuffer's bits, at their position. */
static uint32_t channel(uint32_t value, unsigned bits, unsigned shift)
{
	value &= 0xff;
	return (bits < 8 ? value >> (8 - bits) : value << (bits - 8)) << shift;
}

/* Draws letters larger as long as 100 x 30 of them still fit. */
static void start_pixels(const struct longjump_boot_info *info)
{
	const struct longjump_framebuffer *to = &info->framebuffer;
	unsigned across = to->width / (100 * GLYPH_WIDTH), down = to->height / (30 * GLYPH_HEIGHT);

	screen.framebuffer = *to;
	screen.font = info->font;
	screen.scale = across < down ? across : down;
	if (screen.scale == 0)
		screen.scale = 1;
	screen.columns = to->width / (GLYPH_WIDTH * screen.scale);
	screen.rows = to->height / (GLYPH_HEIGHT * screen.scale);
	for (unsigned i = 0; i < COLOUR_COUNT; i++)
		screen.pixel[i] = channel(palette[i] >> 16, to->red_bits, to->red_shift)
		                | channel(palette[i] >> 8, to->green_bits, to->green_shift)
		                | channel(palette[i], to->blue_bits, to->blue_shift);
}

/* Fills a rectangle of pixels, which must lie on the screen. */
static void fill_pixels(unsigned x, unsigned y, unsigned width, unsigned height, enum colour colour)
{
	const struct longjump_framebuffer *to = &screen.framebuffer;
	const unsigned bytes = (to->bits_per_pixel + 7) / 8;
	const uint32_t pixel = screen.pixel[colour];

	for (unsigned line = y; line < y + height; line++) {
		volatile uint8_t *at =
			(uint8_t *)to->address + (size_t)line * to->pitch + x * bytes;

		for (unsigned i = 0; i < width; i++, at += bytes)
			if (bytes == 4) {
				*(volatile uint32_t *)at = pixel;
			} else if (bytes == 2) {
				*(volatile uint16_t *)at = (uint16_t)pixel;
			} else {
				at[0] = (uint8_t)pixel;
				at[1] = (uint8_t)(pixel >> 8);
				at[2] = (uint8_t)(pixel >> 16);
			}
	}
}

/* Draws a character of the font with its upper left corner at a pixel, each dot `dot` pixels. */
static void draw_glyph(unsigned x, unsigned y, unsigned dot, enum colour ink, enum colour paper,
                       char character)
{
	const uint8_t *glyph = screen.font + (size_t)(uint8_t)character * GLYPH_HEIGHT;

	for (unsigned line = 0; line < GLYPH_HEIGHT; line++)
		for (unsigned column = 0; column < GLYPH_WIDTH; column++)
			fill_pixels(x + column * dot, y + line * dot, dot, dot,
			            glyph[line] & (0x80 >> column) ? ink : paper);
}

/* ---- both ---- */

void console_start(const struct longjump_boot_info *info)
{
	if (info && info->framebuffer.address) {
		start_pixels(info);
		fill_pixels(0, 0, info->framebuffer.width, info->framebuffer.height, COLOUR_NIGHT);
	} else {
		start_text();
		console_fill(0, 0, screen.columns, screen.rows, COLOUR_NIGHT);
	}
}

unsigned console_columns(void)
{
	return screen.columns;
}

unsigned console_rows(void)
{
	return screen.rows;
}

/* Shows one character in one cell. */
static void put(unsigned column, unsigned row, enum colour ink, enum colour paper, char character)
{
	const unsigned width = GLYPH_WIDTH * screen.scale, height = GLYPH_HEIGHT * screen.scale;

	if (column >= screen.columns || row >= screen.rows)
		return;
	if (screen.cells)
		screen.cells[row * screen.columns + column] =
			(uint16_t)(paper << 12 | ink << 8 | (uint8_t)character);
	else if (character == ' ' || !screen.font)
		fill_pixels(column * width, row * height, width, height, paper);
	else
		draw_glyph(column * width, row * height, screen.scale, ink, paper, character);
}

void console_fill(unsigned column, unsigned row, unsigned columns, unsigned rows, enum colour paper)
{
	for (unsigned y = 0; y < rows; y++)
		for (unsigned x = 0; x < columns; x++)
			put(column + x, row + y, COLOUR_GREY, paper, ' ');
}

unsigned console_write(unsigned column, unsigned row, unsigned width, enum colour ink,
                       enum colour paper, const char *text)
{
	unsigned i;

	for (i = 0; i < width && text[i]; i++)
		put(column + i, row, ink, paper, text[i]);
	return i;
}

void console_write_large(unsigned column, unsigned row, enum colour ink, enum colour paper,
                         const char *text)
{
	const unsigned scale = screen.scale;

	if (screen.cells)
		console_write(column, row, screen.columns, ink, paper, text);
	if (!screen.font)
		return;
	for (; *text && column + 2 <= screen.columns && row + 2 <= screen.rows; text++, column += 2)
		draw_glyph(column * GLYPH_WIDTH * scale, row * GLYPH_HEIGHT * scale, 2 * scale, ink,
		           paper, *text);
}

/* Draws a piece of a bar from step `begin` to step `end`; a step is a pixel, or a cell of text. */
static void fill_steps(unsigned column, unsigned row, unsigned rows, unsigned begin, unsigned end,
                       enum colour colour)
{
	const unsigned width = GLYPH_WIDTH * screen.scale, height = GLYPH_HEIGHT * screen.scale;
	const unsigned space = 2 * screen.scale; /* above and below */

	if (!screen.cells) {
		fill_pixels(column * width + begin, row * height + space, end - begin,
		            rows * height - 2 * space, colour);
		return;
	}
	for (unsigned y = row; y < row + rows; y++)
		for (unsigned x = begin; x < end; x++)
			put(column + x, y, colour, COLOUR_NIGHT, CHARACTER_FULL);
}

void console_bar(unsigned column, unsigned row, unsigned columns, unsigned rows,
                 const struct part *parts, size_t count)
{
	const unsigned step = screen.cells ? 1 : GLYPH_WIDTH * screen.scale; /* in a cell */
	uint64_t total = 0, shown = 0, sum = 0, steps, minimum;
	unsigned begin = 0, end;

	if (column + columns > screen.columns || row + rows > screen.rows)
		return;
	for (size_t i = 0; i < count; i++) {
		total += parts[i].amount;
		shown += parts[i].amount != 0;
	}
	/* Each part gets a minimum, at most half the bar in all; the rest is shared by amount. */
	steps = columns * step;
	minimum = (step + 1) / 2;
	if (shown * minimum > steps / 2)
		minimum = steps / 2 / shown;
	steps -= shown * minimum;
	for (size_t i = 0, index = 0; i < count; i++) {
		if (parts[i].amount == 0)
			continue;
		index++;
		sum += parts[i].amount;
		end = (unsigned)(index * minimum + sum * steps / total);
		fill_steps(column, row, rows, begin, end, parts[i].colour);
		begin = end;
	}
}
