/* SPDX-License-Identifier: MIT */
/* draw.c - checks what explain/draw.h promises: lines on text screens and in pixels of every
 * kind. */
#include "check.h"

#include "core/palette.h"
#include "explain/draw.h"
#include "explain/show.h"

#define GUARD 0x5a

static uint8_t font[256 * 16];
static uint8_t *screen_bytes;

/* A font in which each glyph is full except for its first line. */
static void begin_font(void)
{
	memset(font, 0xff, sizeof(font));
	for (unsigned i = 0; i < 256; i++)
		font[i * 16] = 0;
	memset(font + ' ' * 16, 0, 16);
}

/* A screen whose end the checker watches. */
static struct fault_info_screen begin_pixels(unsigned width, unsigned height, unsigned bits,
                                             unsigned padding)
{
	struct fault_info_screen screen = { .pixels = 1,
		                            .width = width,
		                            .height = height,
		                            .pitch = width * ((bits + 7) / 8) + padding,
		                            .bits_per_pixel = bits,
		                            .red_shift = 16,
		                            .red_bits = 8,
		                            .green_shift = 8,
		                            .green_bits = 8,
		                            .blue_bits = 8 };

	if (bits <= 16) {
		screen.red_shift = bits == 16 ? 11 : 10;
		screen.red_bits = 5;
		screen.green_shift = 5;
		screen.green_bits = bits == 16 ? 6 : 5;
		screen.blue_bits = 5;
	}
	begin_font();
	free(screen_bytes);
	screen_bytes = malloc((size_t)screen.pitch * height);
	memset(screen_bytes, GUARD, (size_t)screen.pitch * height);
	return screen;
}

/* A pixel, as the number that it is. */
static uint32_t pixel_at(const struct fault_info_screen *screen, unsigned x, unsigned y)
{
	unsigned size = (screen->bits_per_pixel + 7) / 8;
	uint32_t pixel = 0;

	memcpy(&pixel, screen_bytes + (size_t)y * screen->pitch + (size_t)x * size, size);
	return pixel;
}

TEST("text mode shows characters with their colours, and clears the rest")
{
	static uint8_t cells[80 * 25 * 2 + 2];
	struct canvas canvas = canvas_of_text(cells);

	memset(cells, GUARD, sizeof(cells));
	draw(&canvas, "\x05"
	              "A\nB\fend");
	EXPECT_EQUAL(cells[0], 'A');
	EXPECT_EQUAL(cells[160], 'B');
	EXPECT(cells[1] == cells[161] && cells[1] != 0x07);
	EXPECT_EQUAL(cells[2], ' ');
	EXPECT_EQUAL(cells[3], 0x07);
	EXPECT(memcmp(cells + 24 * 160, (uint8_t[]){ 'e', cells[1], 'n', cells[1], 'd', cells[1] },
	              6)
	       == 0);
	EXPECT_EQUAL(cells[80 * 25 * 2], GUARD);
}

TEST("lines that are too long or too many are cut")
{
	static uint8_t cells[80 * 25 * 2 + 2];
	static char lines[30 * 101 + 10];
	struct canvas canvas = canvas_of_text(cells);

	for (unsigned i = 0; i < 30; i++) {
		memset(lines + i * 101, 'x', 100);
		lines[i * 101 + 100] = '\n';
	}
	memcpy(lines + 30 * 101, "\fy", 2);
	memset(cells, GUARD, sizeof(cells));
	draw(&canvas, lines);
	EXPECT_EQUAL(cells[23 * 160], 'x');
	EXPECT_EQUAL(cells[24 * 160], 'y');
	EXPECT_EQUAL(cells[24 * 160 + 2], ' ');
	EXPECT_EQUAL(cells[80 * 25 * 2], GUARD);
}

TEST("pixels of every depth are drawn, all of the screen and nothing beside it")
{
	static const unsigned depths[] = { 8, 15, 16, 24, 32 };

	for (unsigned i = 0; i < COUNT(depths); i++) {
		struct fault_info_screen screen = begin_pixels(643, 487, depths[i], 12);
		struct canvas canvas = canvas_of_pixels(screen_bytes, &screen, font);
		uint32_t paper, ink;

		EXPECT_EQUAL(canvas.columns, 80);
		EXPECT_EQUAL(canvas.rows, 30);
		draw(&canvas, "\x02#\n\fend");
		paper = pixel_at(&screen, 0, 0);
		ink = pixel_at(&screen, 0, 1);
		EXPECT(ink != paper);
		EXPECT_EQUAL(pixel_at(&screen, 7, 15), ink);
		EXPECT_EQUAL(pixel_at(&screen, 8, 15), paper);
		EXPECT_EQUAL(pixel_at(&screen, 642, 486), paper);
		EXPECT_EQUAL(pixel_at(&screen, 642, 0), paper);
		EXPECT_EQUAL(pixel_at(&screen, 0, 479), ink);
		for (unsigned y = 0; y < 487; y++) {
			for (unsigned x = 643 * ((depths[i] + 7) / 8); x < screen.pitch; x++)
				EXPECT_EQUAL(screen_bytes[y * screen.pitch + x], GUARD);
		}
	}
}

TEST("white is all of a pixel's bits")
{
	struct fault_info_screen screen = begin_pixels(64, 64, 16, 0);
	struct canvas canvas = canvas_of_pixels(screen_bytes, &screen, font);

	draw(&canvas, "\x02#");
	EXPECT_EQUAL(pixel_at(&screen, 0, 1), 0xffff);
	screen = begin_pixels(64, 64, 15, 0);
	canvas = canvas_of_pixels(screen_bytes, &screen, font);
	draw(&canvas, "\x02#");
	EXPECT_EQUAL(pixel_at(&screen, 0, 1), 0x7fff);
}

TEST("with 8 bits per pixel, each colour is a different one of the palette, and near")
{
	struct fault_info_screen screen = begin_pixels(8 * 8, 32, 8, 0);
	struct canvas canvas = canvas_of_pixels(screen_bytes, &screen, font);
	uint32_t pixels[7];

	draw(&canvas,
	     IN_STRONG "#" IN_LABEL "#" IN_VALUE "#\005#" IN_PLAIN "#" IN_FIX "#" IN_BAR " ");
	for (unsigned i = 0; i < COUNT(pixels); i++) {
		pixels[i] = pixel_at(&screen, 8 * i, 1);
		EXPECT(pixels[i] != pixel_at(&screen, 0, 0));
		for (unsigned k = 0; k < i; k++)
			EXPECT(pixels[k] != pixels[i]);
	}
	EXPECT_EQUAL(palette_colour(pixels[0]).green, 0xff);
	EXPECT_EQUAL(palette_colour(pixels[2]).red, 0xff);
	EXPECT_EQUAL(palette_colour(pixels[2]).blue, 0x66);
	for (unsigned i = PALETTE_CUBE; i < PALETTE_GREYS; i++)
		EXPECT_EQUAL(palette_pixel(palette_colour(i)), i);
}

TEST("large screens have large letters")
{
	struct fault_info_screen screen = begin_pixels(1280, 800, 32, 0);
	struct canvas canvas = canvas_of_pixels(screen_bytes, &screen, font);

	EXPECT_EQUAL(canvas.columns, 80);
	EXPECT_EQUAL(canvas.rows, 25);
	draw(&canvas, "\x02#");
	EXPECT_EQUAL(pixel_at(&screen, 15, 31), 0xffffff);
	EXPECT(pixel_at(&screen, 16, 31) != 0xffffff);
	EXPECT(pixel_at(&screen, 0, 1) != 0xffffff);
}

TEST("screens too small for a letter are cleared")
{
	for (unsigned width = 1; width < 20; width++) {
		struct fault_info_screen screen = begin_pixels(width, 21 - width, 24, 1);
		struct canvas canvas = canvas_of_pixels(screen_bytes, &screen, font);

		draw(&canvas, "\x02##\n##\f##");
	}
}
