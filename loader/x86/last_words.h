/* SPDX-License-Identifier: MIT */
/* last_words.h - output for code that cannot rely on anything else: to a serial port, the debug
 * port and a text screen. Calls nothing outside; it is compiled into the file that includes it, so
 * it is in that file's section. */
#ifndef X86_LAST_WORDS_H
#define X86_LAST_WORDS_H

#include "x86/x86.h"

enum {
	LAST_PATIENCE = 1000000, /* reads of the port per row: ten times what 9600 baud takes */
	LAST_ROW = 160,          /* bytes */
	LAST_COLOUR = 0x1f00
};

/* Where the next characters go on the text screen, and how often the port is read before it is
 * considered stuck. */
struct last_words {
	volatile uint16_t *cell;
	unsigned patience;
};

/* Begins at the start of a row. */
static inline struct last_words last_words_at(unsigned row)
{
	return (struct last_words){ (volatile uint16_t *)(uintptr_t)(VGA_TEXT + row * LAST_ROW),
		                    LAST_PATIENCE };
}

/* Sends a byte to a serial port; waiting for it uses up patience. */
static inline void last_send(uint16_t port, unsigned *patience, uint8_t byte)
{
	while ((inb(port + UART_STATUS) & UART_STATUS_EMPTY) == 0 && *patience > 0)
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

/* A number, in this many hexadecimal digits. */
static inline void last_number(struct last_words *words, uint64_t number, unsigned digits)
{
	while (digits-- > 0) {
		unsigned digit = (unsigned)(number >> 4 * digits) & 15;

		last_put(words, (char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
	}
}

#endif
