/* SPDX-License-Identifier: MIT */
/* last_words.h - how code speaks that can rely on nothing but itself: on a serial port, on the
 * debug port and on a text screen, calling nobody. Part of the file that includes it, so it lies
 * with it. */
#ifndef X86_LAST_WORDS_H
#define X86_LAST_WORDS_H

#include "x86/x86.h"

enum {
	LAST_STATUS = 5, /* PC16550D data sheet, table 2 */
	LAST_STATUS_EMPTY = 0x20,
	LAST_PATIENCE = 1000000, /* in a row of text: at 9600 baud, ten times what that takes */
	LAST_SCREEN = 0xb8000,
	LAST_ROW = 160, /* bytes */
	LAST_COLOUR = 0x1f00
};

/* Where the next characters go on the text screen, and how often the port is looked at before it is
 * taken to be stuck. */
struct last_words {
	volatile uint16_t *cell;
	unsigned patience;
};

/* Begins at the start of a row. */
static inline struct last_words last_words_at(unsigned row)
{
	return (struct last_words){ (volatile uint16_t *)(uintptr_t)(LAST_SCREEN + row * LAST_ROW),
		                    LAST_PATIENCE };
}

/* Sends a byte on a serial port; the time that is left to wait for it becomes less. */
static inline void last_send(uint16_t port, unsigned *patience, uint8_t byte)
{
	while ((inb(port + LAST_STATUS) & LAST_STATUS_EMPTY) == 0 && *patience > 0)
		--*patience;
	outb(port, byte);
}

static inline void last_put(struct last_words *words, char c)
{
	last_send(PORT_COM1, &words->patience, (uint8_t)c);
	outb(PORT_DEBUG, (uint8_t)c);
	if (c >= ' ')
		*words->cell++ = (uint16_t)(LAST_COLOUR | (uint8_t)c);
}

static inline void last_text(struct last_words *words, const char *text)
{
	for (; *text != 0; text++) {
		if (*text == '\n')
			last_put(words, '\r');
		last_put(words, *text);
	}
}

/* A number in so many hexadecimal digits. */
static inline void last_number(struct last_words *words, uint64_t number, unsigned digits)
{
	while (digits-- > 0) {
		unsigned digit = (unsigned)(number >> 4 * digits) & 15;

		last_put(words, (char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
	}
}

#endif
