/* screen.c - shows text, white on green, in text mode or in pixels of any depth. */
#include "screen.h"

enum { TEXT_MEMORY = 0xb8000, TEXT_COLUMNS = 80, TEXT_ROWS = 25 };
enum { GLYPH_WIDTH = 8, GLYPH_HEIGHT = 16 };

/* Draws a letter of the font that the loader has brought: a bit is a pixel, the leftmost bit 7. */
static void draw(const struct longjump_framebuffer *to, const uint8_t *glyph, unsigned column,
                 unsigned row)
{
	const uint32_t white = ~0u, green = 1u << (to->green_shift + to->green_bits - 1);
	const unsigned bytes = (to->bits_per_pixel + 7) / 8;

	for (unsigned y = 0; y < GLYPH_HEIGHT; y++) {
		volatile uint8_t *at = (uint8_t *)to->address
		                     + (row * GLYPH_HEIGHT + y) * (uint64_t)to->pitch
		                     + column * GLYPH_WIDTH * bytes;

		for (unsigned x = 0; x < GLYPH_WIDTH; x++)
			for (unsigned byte = 0; byte < bytes; byte++)
				*at++ = (uint8_t)((glyph[y] << x & 0x80 ? white : green)
				                  >> 8 * byte);
	}
}

void screen_line(const struct longjump_boot_info *info, unsigned row, const char *text)
{
	const struct longjump_framebuffer *pixels = &info->framebuffer;
	volatile uint16_t *cells = (volatile uint16_t *)(info->direct_map + TEXT_MEMORY);
	const unsigned columns = pixels->address ? pixels->width / GLYPH_WIDTH : TEXT_COLUMNS;
	const unsigned rows = pixels->address ? pixels->height / GLYPH_HEIGHT : TEXT_ROWS;

	for (unsigned i = 0; row < rows && i < columns && text[i]; i++)
		if (!pixels->address)
			cells[row * TEXT_COLUMNS + i] = (uint16_t)(0x2f00 | (uint8_t)text[i]);
		else if (info->font)
			draw(pixels, info->font + GLYPH_HEIGHT * (uint8_t)text[i], i, row);
}
