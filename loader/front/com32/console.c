/* SPDX-License-Identifier: MIT */
/*
 * console.c - the screen through Syslinux, and COM1. With a SERIAL line in isolinux.cfg, Syslinux
 * sends all text to the serial port by itself; without one, we do, so that a message is never on
 * the screen alone.
 */
#include "front/com32/console.h"

#include "front/com32/syslinux.h"
#include "x86/x86.h"

/* Registers of a 16550 UART, from its base port on, and their bits (PC16550D data sheet, table 2).
 */
enum {
	UART_DATA = 0,
	UART_DIVISOR_LOW = 0,
	UART_DIVISOR_HIGH = 1,
	UART_FIFO = 2,
	UART_LINE = 3,
	UART_STATUS = 5,
	UART_LINE_8N1 = 0x03,
	UART_LINE_DIVISOR = 0x80,
	UART_FIFO_ON = 0x07,
	UART_STATUS_EMPTY = 0x20,
	UART_PATIENCE = 100000 /* reads of the status before a port is taken to be stuck */
};

static uint16_t own_serial; /* base port of the UART that we drive ourselves; 0: none */

void console_open(void)
{
	openconsole(&dev_null_r, &dev_stdcon_w);
	if (__syslinux_serial_console_info.iobase != 0 || inb(PORT_COM1 + UART_STATUS) == 0xff)
		return;
	own_serial = PORT_COM1;
	outb(own_serial + UART_LINE, UART_LINE_DIVISOR);
	outb(own_serial + UART_DIVISOR_LOW, 1); /* 115200 baud */
	outb(own_serial + UART_DIVISOR_HIGH, 0);
	outb(own_serial + UART_LINE, UART_LINE_8N1);
	outb(own_serial + UART_FIFO, UART_FIFO_ON);
}

/* Sends a character to our own serial port, unless that does not move. */
static void serial_put(char c)
{
	for (unsigned i = 0;
	     i < UART_PATIENCE && (inb(own_serial + UART_STATUS) & UART_STATUS_EMPTY) == 0; i++)
		;
	outb(own_serial + UART_DATA, (uint8_t)c);
}

void console_write(const char *text)
{
	_fwrite(text, text_length(text), file_of(1));
	for (; own_serial != 0 && *text != 0; text++) {
		if (*text == '\n')
			serial_put('\r');
		serial_put(*text);
	}
}

void console_print(const char *format, ...)
{
	char buffer[1000];
	struct text text = text_in(buffer, sizeof(buffer));
	va_list values;

	va_start(values, format);
	text_add_list(&text, format, values);
	va_end(values);
	console_write(buffer);
}

/* Shows the findings that are refusals, or those that are not. */
static void show(const struct report *report, bool refusals)
{
	char buffer[1000];

	for (unsigned i = 0; i < report->count; i++) {
		struct text text = text_in(buffer, sizeof(buffer));

		if (report->findings[i].refusal != refusals)
			continue;
		finding_write(&text, &report->findings[i]);
		console_write(buffer);
	}
}

void console_report(const struct report *report)
{
	show(report, false);
	if (report->lost != 0)
		console_print("... and %u more findings\n", report->lost);
	show(report, true);
}
