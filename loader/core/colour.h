/* SPDX-License-Identifier: MIT */
/*
 * colour.h - the colours of text for a screen: characters in the text, each of which changes the
 * colour of what follows it. Foreign text never contains them (text_add_shown()). Knows what each
 * is for; knows no screen.
 */
#ifndef CORE_COLOUR_H
#define CORE_COLOUR_H

#include <stdbool.h>
#include <stdint.h>

enum colour {
	COLOUR_AS_IS,  /* none chosen yet */
	COLOUR_PLAIN,  /* ordinary text */
	COLOUR_STRONG, /* what happened */
	COLOUR_LABEL,  /* the name of a number */
	COLOUR_VALUE,  /* names, addresses and codes to look at first */
	COLOUR_DIM,    /* leading zeros */
	COLOUR_BAR,    /* the first and the last line */
	COLOUR_FIX,    /* what to do */
	COLOURS
};

/* The same as parts of strings. */
#define IN_PLAIN  "\001"
#define IN_STRONG "\002"
#define IN_LABEL  "\003"
#define IN_VALUE  "\004"
#define IN_BAR    "\006"
#define IN_FIX    "\007"

/* True if a character changes the colour. */
static inline bool is_colour(char c)
{
	return c > 0 && c < COLOURS;
}

/* Foreground and background (in bits 7:4) in VGA's text mode. UEFI's text devices use the same
 * numbers (UEFI 2.10, 12.4, SetAttribute()). */
static inline uint8_t colour_attribute(enum colour colour)
{
	static const uint8_t attributes[COLOURS] = {
		[COLOUR_AS_IS] = 0x07, [COLOUR_PLAIN] = 0x07, [COLOUR_STRONG] = 0x0f,
		[COLOUR_LABEL] = 0x03, [COLOUR_VALUE] = 0x0e, [COLOUR_DIM] = 0x08,
		[COLOUR_BAR] = 0x4f,   [COLOUR_FIX] = 0x0a,
	};

	return attributes[colour];
}

#endif
