/* SPDX-License-Identifier: MIT */
/*
 * cells.c - see cells.h. A cell has the size of the narrow glyphs of UEFI 2.10, 34.3.1.1, and the
 * cells are in the middle of the screen, as the consoles of EDK2 have them. Where others put them
 * elsewhere, our lines are not below theirs, but legible.
 */
#include "platform/uefi/cells.h"

#include "core/base.h"
#include "explain/draw.h"
#include "platform/uefi/memory.h"
#include "standalone/font.h"

#define CELL_WIDTH  8
#define CELL_HEIGHT 19
#define GLYPH_TOP   2 /* lines above it in its cell: letters stand where the firmware's do */

#define ATTRIBUTE 0x07 /* light grey on black, and how EDK2 shows that grey */
#define INK       UINT64_C(0x989898)

static struct efi_text_output *console; /* NULL: nothing is drawn */
static uint8_t *cells;                  /* the first pixel of the first cell */
static uint32_t pitch;
static const uint8_t *font;
static uint64_t columns, rows;
static uint64_t column, row; /* of the next character */

/* What was drawn over the firmware's cursor, which may be visible; 0: nothing yet. */
static char first;
static uint64_t first_column, first_row;

/* Two pixels, of four bytes each. */
struct __attribute__((packed, may_alias)) two_pixels {
	uint64_t value;
};

/* True if grey has the same bytes on this screen, whatever the order of its colours is. */
static bool has_bytes(const struct screen *screen)
{
	return screen->bits_per_pixel == 32 && screen->red_bits == 8 && screen->green_bits == 8
	    && screen->blue_bits == 8
	    && (UINT32_C(0xff) << screen->red_shift | UINT32_C(0xff) << screen->green_shift
	        | UINT32_C(0xff) << screen->blue_shift)
	               == 0xffffff;
}

bool cells_begin(struct efi_text_output *device, const struct screen *screen)
{
	const struct efi_text_mode *mode = device->mode;
	uint64_t left, top;

	if (console != NULL || !has_bytes(screen) || mode->attribute != ATTRIBUTE
	    || device->query_mode(device, (uint64_t)mode->mode, &columns, &rows) != EFI_SUCCESS
	    || columns > screen->width / CELL_WIDTH || rows > screen->height / CELL_HEIGHT
	    || mode->column < 0 || mode->row < 0)
		return false;
	left = (screen->width - columns * CELL_WIDTH) / 2;
	top = (screen->height - rows * CELL_HEIGHT) / 2;
	pitch = screen->pitch;
	cells = (uint8_t *)(uintptr_t)screen->pixels.begin + top * pitch + left * sizeof(uint32_t);
	column = (uint64_t)mode->column;
	row = (uint64_t)mode->row;
	font = font_glyphs();
	first = 0;
	console = device;
	return true;
}

/* Colours eight pixels by a line of a glyph; most lines are empty. */
static void draw_line(struct two_pixels *to, uint8_t bits)
{
	static const uint64_t pairs[] = { 0, INK << 32, INK, INK << 32 | INK };

	if (bits == 0) {
		to[0].value = to[1].value = to[2].value = to[3].value = 0;
		return;
	}
	to[0].value = pairs[bits >> 6];
	to[1].value = pairs[bits >> 4 & 3];
	to[2].value = pairs[bits >> 2 & 3];
	to[3].value = pairs[bits & 3];
}

static void draw_cell(uint64_t at_column, uint64_t at_row, char c)
{
	const uint8_t *glyph = font + (size_t)(uint8_t)c * GLYPH_HEIGHT;
	uint8_t *line =
		cells + at_row * CELL_HEIGHT * pitch + at_column * CELL_WIDTH * sizeof(uint32_t);

	for (unsigned y = 0; y < CELL_HEIGHT; y++, line += pitch)
		draw_line((struct two_pixels *)(void *)line,
		          y - GLYPH_TOP < GLYPH_HEIGHT ? glyph[y - GLYPH_TOP] : 0);
}

/* Draws a character, or ends a line. False if that is for the firmware: it scrolls, and knows what
 * comes after the last column. */
static bool draw_next(char c)
{
	if (c == '\n' && row + 1 < rows) {
		column = 0;
		row++;
		return true;
	}
	if (c < ' ' || c > '~' || column + 1 >= columns)
		return false;
	if (first == 0) {
		first = c;
		first_column = column;
		first_row = row;
	}
	draw_cell(column++, row, c);
	return true;
}

size_t cells_draw(const struct efi_text_output *device, const char *text, size_t length,
                  enum colour colour)
{
	size_t drawn = 0;

	if (device != console)
		return 0;
	while (colour == COLOUR_AS_IS && drawn < length && draw_next(text[drawn]))
		drawn++;
	if (drawn < length)
		cells_end();
	return drawn;
}

/* Moving a cursor that was visible changes the cell where it was, so what was drawn there is drawn
 * again. */
void cells_end(void)
{
	if (console == NULL)
		return;
	memory_map.is_old = true;
	console->set_cursor(console, column, row);
	if (first != 0)
		draw_cell(first_column, first_row, first);
	console = NULL;
}

void cells_forget(void)
{
	console = NULL;
}
