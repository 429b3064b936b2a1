/* SPDX-License-Identifier: MIT */
/* console.c - the resident part's output. Uses neither the kernel's code nor the BIOS. */
#include "resident/console.h"

#include "x86/watcher.h"
#include "x86/x86.h"

#define SERIAL_PATIENCE 100000

static uint16_t serial = PORT_COM1;

void console_open(uint32_t port)
{
	serial = (uint16_t)port;
}

/* Sends a byte to the UART once it is ready. Gives up on a port that stays busy. */
static void serial_put(char c)
{
	unsigned patience = SERIAL_PATIENCE;

	if (serial == 0)
		return;
	while ((inb(serial + UART_STATUS) & UART_STATUS_EMPTY) == 0) {
		if (--patience == 0) {
			serial = 0;
			return;
		}
	}
	outb(serial, (uint8_t)c);
}

void console_write_quietly(const char *text, bool to_serial)
{
	for (; *text != 0; text++) {
		if (to_serial && *text == '\n')
			serial_put('\r');
		if (to_serial)
			serial_put(*text);
		outb(PORT_DEBUG, (uint8_t)*text);
		watcher_put(*text);
	}
}

void console_write(const char *text)
{
	console_write_quietly(text, true);
}
