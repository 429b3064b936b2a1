/* SPDX-License-Identifier: MIT */
/* display.h - the screen, whoever set it up. */
#ifndef CORE_DISPLAY_H
#define CORE_DISPLAY_H

#include "core/base.h"

#define EDID_SIZE 128  /* bytes of its first block */
#define FONT_SIZE 4096 /* 256 glyphs of 16 lines, the leftmost pixel in the highest bit */

enum display_kind {
	DISPLAY_NONE,
	DISPLAY_VGA_TEXT,   /* 80x25 cells at 0xb8000, by VGA's registers */
	DISPLAY_FRAMEBUFFER /* pixels */
};

/* A framebuffer. With 8 bits per pixel, its colours are those of core/palette.h, and the positions
 * are 0. */
struct screen {
	struct phys_range pixels;
	uint32_t width, height, pitch, bits_per_pixel;
	uint8_t red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
};

struct video_mode {
	uint32_t width, height, bits_per_pixel;
	uint32_t number; /* the firmware's mode number */
};

struct display {
	enum display_kind kind; /* when the kernel starts */
	struct screen screen;   /* DISPLAY_FRAMEBUFFER; else all of it is 0 */
	const struct video_mode *modes;
	const struct screen *screens; /* the screen that each mode would give, or NULL */
	unsigned mode_count;
	const uint8_t *edid; /* EDID_SIZE bytes, or NULL */
	const uint8_t *font; /* 256 glyphs of 8x16 pixels, FONT_SIZE bytes, or NULL */
};

#endif
