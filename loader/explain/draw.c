/* SPDX-License-Identifier: MIT */
/* draw.c - characters to cells or pixels. Nothing is read back from the screen, which is slow. */
#include "explain/draw.h"

#include "core/colour.h"
#include "core/palette.h"
#include "x86/registers.h"

#define GLYPH_WIDTH  8
#define LARGE_WIDTH  1280 /* from this size on, glyphs are drawn twice as large */
#define LARGE_HEIGHT 800

/* Colours for pixels: red, green, blue. */
static const struct rgb inks[COLOURS] = {
	[COLOUR_AS_IS] = { 0xc8, 0xcc, 0xd0 },  [COLOUR_PLAIN] = { 0xc8, 0xcc, 0xd0 },
	[COLOUR_STRONG] = { 0xff, 0xff, 0xff }, [COLOUR_LABEL] = { 0x6c, 0xb0, 0xc0 },
	[COLOUR_VALUE] = { 0xff, 0xd8, 0x60 },  [COLOUR_DIM] = { 0x58, 0x5c, 0x64 },
	[COLOUR_BAR] = { 0xff, 0xff, 0xff },    [COLOUR_FIX] = { 0x70, 0xe0, 0x80 },
};
static const struct rgb paper = { 0x14, 0x16, 0x1c };
static const struct rgb bar_paper = { 0xb0, 0x20, 0x30 };

struct canvas canvas_of_text(uint8_t *bytes)
{
	return (struct canvas){ .bytes = bytes, .columns = VGA_COLUMNS, .rows = VGA_ROWS };
}

struct canvas canvas_of_pixels(uint8_t *bytes, const struct fault_info_screen *screen,
                               const uint8_t *font)
{
	unsigned scale = screen->width >= LARGE_WIDTH && screen->height >= LARGE_HEIGHT ? 2 : 1;

	return (struct canvas){ .bytes = bytes,
		                .font = font,
		                .pixels = *screen,
		                .columns = screen->width / (GLYPH_WIDTH * scale),
		                .rows = screen->height / (GLYPH_HEIGHT * scale),
		                .scale = scale };
}

/* The highest bits of a component, where the screen has them. */
static uint32_t component(uint8_t value, uint8_t bits, uint8_t shift)
{
	return bits == 0 || bits > 8 || shift > 31 ? 0 : (uint32_t)value >> (8 - bits) << shift;
}

/* A colour as a pixel. */
static uint32_t pixel_of(const struct fault_info_screen *screen, struct rgb rgb)
{
	if (screen->bits_per_pixel == PALETTE_BITS)
		return palette_pixel(rgb);
	return component(rgb.red, screen->red_bits, screen->red_shift)
	     | component(rgb.green, screen->green_bits, screen->green_shift)
	     | component(rgb.blue, screen->blue_bits, screen->blue_shift);
}

/* Colours `count` pixels of a line; all of them lie on the screen. */
static void draw_run(const struct canvas *canvas, unsigned x, unsigned y, unsigned count,
                     uint32_t pixel)
{
	unsigned size = (canvas->pixels.bits_per_pixel + 7) / 8;
	volatile uint8_t *at = canvas->bytes + (size_t)y * canvas->pixels.pitch + (size_t)x * size;

	for (; count > 0; count--, at += size) {
		if (size == 4)
			*(volatile uint32_t *)(volatile void *)at = pixel;
		else if (size == 2)
			*(volatile uint16_t *)(volatile void *)at = (uint16_t)pixel;
		else
			for (unsigned i = 0; i < size; i++)
				at[i] = (uint8_t)(pixel >> (8 * i));
	}
}

/* One character as pixels. */
static void draw_glyph(const struct canvas *canvas, unsigned column, unsigned row, uint8_t c,
                       enum colour colour)
{
	uint32_t ink = pixel_of(&canvas->pixels, inks[colour]);
	uint32_t back = pixel_of(&canvas->pixels, colour == COLOUR_BAR ? bar_paper : paper);
	unsigned scale = canvas->scale;

	for (unsigned y = 0; y < GLYPH_HEIGHT * scale; y++) {
		uint8_t bits = canvas->font[c * GLYPH_HEIGHT + y / scale];

		for (unsigned x = 0; x < GLYPH_WIDTH; x++)
			draw_run(canvas, (column * GLYPH_WIDTH + x) * scale,
			         row * GLYPH_HEIGHT * scale + y, scale,
			         (bits >> (7 - x) & 1) != 0 ? ink : back);
	}
}

void draw_char(const struct canvas *canvas, unsigned column, unsigned row, char c,
               enum colour colour)
{
	volatile uint8_t *cell;

	if (canvas->font != NULL) {
		draw_glyph(canvas, column, row, (uint8_t)c, colour);
		return;
	}
	cell = canvas->bytes + 2 * (row * canvas->columns + column);
	cell[0] = (uint8_t)c;
	cell[1] = colour_attribute(colour);
}

/* Empties a line from a column on; in graphics mode also the margin beside the last column. */
static void draw_rest(const struct canvas *canvas, unsigned column, unsigned row)
{
	unsigned used = canvas->columns * GLYPH_WIDTH * canvas->scale;

	for (; column < canvas->columns; column++)
		draw_char(canvas, column, row, ' ', COLOUR_PLAIN);
	for (unsigned y = 0; canvas->font != NULL && y < GLYPH_HEIGHT * canvas->scale; y++)
		draw_run(canvas, used, row * GLYPH_HEIGHT * canvas->scale + y,
		         canvas->pixels.width - used, pixel_of(&canvas->pixels, paper));
}

/* Draws one line; returns what follows it: the character that ended it. */
static const char *draw_line(const struct canvas *canvas, unsigned row, const char *line,
                             enum colour *colour)
{
	unsigned column = 0;

	for (; *line != 0 && *line != '\n' && *line != '\f'; line++) {
		if (is_colour(*line))
			*colour = (enum colour) * line;
		else if (column < canvas->columns)
			draw_char(canvas, column++, row, *line, *colour);
	}
	draw_rest(canvas, column, row);
	return line;
}

void draw(const struct canvas *canvas, const char *lines)
{
	enum colour colour = COLOUR_PLAIN;
	unsigned row = 0;

	for (; row + 1 < canvas->rows; row++) {
		lines = draw_line(canvas, row, lines, &colour);
		if (*lines == '\n')
			lines++;
	}
	while (*lines != 0 && *lines != '\f')
		lines++;
	if (*lines == '\f' && canvas->rows > 0)
		draw_line(canvas, row, lines + 1, &colour);
	for (unsigned y = canvas->rows * GLYPH_HEIGHT * canvas->scale;
	     canvas->font != NULL && y < canvas->pixels.height; y++)
		draw_run(canvas, 0, y, canvas->pixels.width, pixel_of(&canvas->pixels, paper));
}
