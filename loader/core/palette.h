/* SPDX-License-Identifier: MIT */
/*
 * palette.h - the colours of screens with 8 bits per pixel: VGA's sixteen, a cube of 6x6x6, and 24
 * shades of grey, as in terminals with 256 colours. Sets nothing.
 */
#ifndef CORE_PALETTE_H
#define CORE_PALETTE_H

#include <stdint.h>

#define PALETTE_BITS    8
#define PALETTE_COLOURS 256

enum { PALETTE_CUBE = 16, PALETTE_SIDE = 6, PALETTE_STEP = 51, PALETTE_GREYS = 232 };

struct rgb {
	uint8_t red, green, blue;
};
_Static_assert(sizeof(struct rgb) == 3, "Multiboot 1, 3.3; Multiboot 2, 3.6.12");

/* The colour of a pixel. */
static inline struct rgb palette_colour(unsigned pixel)
{
	unsigned step = pixel - PALETTE_CUBE, dark = (pixel & 8) != 0 ? 0x55 : 0;
	uint8_t grey = (uint8_t)(8 + 10 * (pixel - PALETTE_GREYS));

	if (pixel >= PALETTE_GREYS)
		return (struct rgb){ grey, grey, grey };
	if (pixel >= PALETTE_CUBE)
		return (struct rgb){ (uint8_t)(step / (PALETTE_SIDE * PALETTE_SIDE) * PALETTE_STEP),
			             (uint8_t)(step / PALETTE_SIDE % PALETTE_SIDE * PALETTE_STEP),
			             (uint8_t)(step % PALETTE_SIDE * PALETTE_STEP) };
	if (pixel == 6) /* brown, which would be a dark yellow */
		return (struct rgb){ 0xaa, 0x55, 0 };
	return (struct rgb){ (uint8_t)(dark + ((pixel & 4) != 0 ? 0xaa : 0)),
		             (uint8_t)(dark + ((pixel & 2) != 0 ? 0xaa : 0)),
		             (uint8_t)(dark + ((pixel & 1) != 0 ? 0xaa : 0)) };
}

/* The pixel of the cube that is nearest to a colour. */
static inline uint32_t palette_pixel(struct rgb rgb)
{
	const unsigned half = PALETTE_STEP / 2;

	return PALETTE_CUBE
	     + ((rgb.red + half) / PALETTE_STEP * PALETTE_SIDE + (rgb.green + half) / PALETTE_STEP)
	               * PALETTE_SIDE
	     + (rgb.blue + half) / PALETTE_STEP;
}

#endif
