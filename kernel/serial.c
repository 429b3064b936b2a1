/* SPDX-License-Identifier: MIT */
/*
 * serial.c - drives COM1, a 16550 UART, without interrupts. Registers and their bits are named in
 * the data sheet of any 16550.
 */
#include "serial.h"

#include <stdbool.h>

#include "cpu.h"
#include "text.h"

enum {
	COM1 = 0x3f8,
	DATA = COM1 + 0,         /* the next byte to send */
	DIVISOR_LOW = COM1 + 0,  /* while LINE_CONTROL has DIVISOR_ACCESS set */
	DIVISOR_HIGH = COM1 + 1, /* likewise */
	INTERRUPT_ENABLE = COM1 + 1,
	FIFO_CONTROL = COM1 + 2,
	LINE_CONTROL = COM1 + 3,
	MODEM_CONTROL = COM1 + 4,
	LINE_STATUS = COM1 + 5,
	SCRATCH = COM1 + 7 /* keeps what is written to it */
};

enum {
	DIVISOR_ACCESS = 0x80, /* LINE_CONTROL */
	EIGHT_BITS = 0x03,     /* LINE_CONTROL */
	FIFO_ON = 0x01,        /* FIFO_CONTROL */
	READY_TO_SEND = 0x03,  /* MODEM_CONTROL: DTR and RTS */
	HAS_ROOM = 0x20,       /* LINE_STATUS: takes another byte */
	HAS_SENT_ALL = 0x40,   /* LINE_STATUS */
	DIVISOR_OF_115200 = 1
};

static bool is_there;

/* Waits for a bit of LINE_STATUS, but not for ever, in case the port is stuck. */
static void wait_for(uint8_t status)
{
	for (unsigned patience = 1000000; patience > 0; patience--)
		if (port_read(LINE_STATUS) & status)
			return;
}

/* Sends one byte as soon as there is room; "\n" becomes "\r\n", as terminals expect. */
static void send(char byte)
{
	if (byte == '\n')
		send('\r');
	wait_for(HAS_ROOM);
	port_write(DATA, (uint8_t)byte);
}

void serial_start(void)
{
	port_write(SCRATCH, 0x5a);
	is_there = port_read(SCRATCH) == 0x5a;
	if (!is_there)
		return;
	wait_for(HAS_SENT_ALL); /* the loader's last words */
	port_write(INTERRUPT_ENABLE, 0);
	port_write(LINE_CONTROL, DIVISOR_ACCESS);
	port_write(DIVISOR_LOW, DIVISOR_OF_115200);
	port_write(DIVISOR_HIGH, 0);
	port_write(LINE_CONTROL, EIGHT_BITS);
	port_write(FIFO_CONTROL, FIFO_ON);
	port_write(MODEM_CONTROL, READY_TO_SEND);
}

void serial_line(const char *format, ...)
{
	char line[1024];
	va_list values;

	if (!is_there)
		return;
	va_start(values, format);
	text_format_list(line, sizeof(line), format, values);
	va_end(values);
	for (const char *at = line; *at; at++)
		send(*at);
	send('\n');
}
