/* SPDX-License-Identifier: MIT */
/*
 * console.c - the screen through the BIOS, serial ports and the debug port by ourselves. Syslinux's
 * own console is not used: it knows only the screen and one port together. What the SERIAL line in
 * isolinux.cfg says of that port (which, how fast, which signals to wait for) is honoured.
 */
#include "platform/com32/console.h"

#include "platform/com32/syslinux.h"
#include "x86/x86.h"

/* Registers of a 16550 UART, from its base port on, and their bits (PC16550D data sheet, table 2).
 */
enum {
	UART_DATA = 0,
	UART_DIVISOR_LOW = 0,
	UART_DIVISOR_HIGH = 1,
	UART_FIFO = 2,
	UART_LINE = 3,
	UART_MODEM = 4,
	UART_STATUS = 5,
	UART_MODEM_STATUS = 6,
	UART_LINE_8N1 = 0x03,
	UART_LINE_DIVISOR = 0x80,
	UART_FIFO_ON = 0x07,
	UART_MODEM_READY = 0x03, /* DTR and RTS */
	UART_STATUS_EMPTY = 0x20,
	UART_PATIENCE = 100000 /* reads of the status before a port is taken to be stuck */
};

/* Syslinux's flow control word (syslinux.txt, SERIAL): signals to wait for, as in the modem status;
 * and that CONSOLE 0 has switched the screen off. */
enum { FLOW_WAIT = 0xf0, FLOW_NO_SCREEN = 0x8000 };

/* A serial port that we speak on. */
struct uart {
	uint16_t port;
	uint8_t wait; /* bits of the modem status */
};

static struct uart uarts[2];
static unsigned uart_count;
static bool on_screen, on_debug, is_quiet;

/* Speaks on this port, too, if there is one: as Syslinux has set it up if it is Syslinux's, else at
 * the speed of the SERIAL line, or 115200 baud. */
static void add_uart(uint16_t port)
{
	const struct serial_console *syslinux = &__syslinux_serial_console_info;
	uint16_t divisor = syslinux->iobase != 0 ? syslinux->divisor : 1;

	if (port == syslinux->iobase) {
		uarts[uart_count++] = (struct uart){ port, (uint8_t)(syslinux->flow & FLOW_WAIT) };
		return;
	}
	if (inb(port + UART_STATUS) == 0xff)
		return;
	uarts[uart_count++] = (struct uart){ port, 0 };
	outb(port + UART_LINE, UART_LINE_DIVISOR);
	outb(port + UART_DIVISOR_LOW, (uint8_t)divisor);
	outb(port + UART_DIVISOR_HIGH, (uint8_t)(divisor >> 8));
	outb(port + UART_LINE, UART_LINE_8N1);
	outb(port + UART_FIFO, UART_FIFO_ON);
	outb(port + UART_MODEM, UART_MODEM_READY);
}

void console_open(void)
{
	const struct serial_console *syslinux = &__syslinux_serial_console_info;

	on_screen = (syslinux->flow & FLOW_NO_SCREEN) == 0;
	add_uart(syslinux->iobase != 0 ? syslinux->iobase : PORT_COM1);
}

bool console_choose(const struct options *options, struct machine *machine)
{
	is_quiet = options->quiet;
	if (options->log != 0) {
		on_screen = (options->log & LOG_SCREEN) != 0;
		on_debug = (options->log & LOG_E9) != 0;
		uart_count = 0;
		if ((options->log & LOG_COM1) != 0)
			add_uart(PORT_COM1);
		if ((options->log & LOG_COM2) != 0)
			add_uart(PORT_COM2);
	}
	machine->serial = uart_count > 0 ? uarts[0].port : 0;
	return true;
}

void console_use_screen(void)
{
	on_screen = true;
}

bool console_is_quiet(void)
{
	return is_quiet;
}

void console_close(void)
{
	fclose(file_of(STDOUT)); /* who opens it next asks where the cursor is */
	fclose(file_of(STDERR));
}

/* Sends a byte as soon as the port and whoever listens are ready, but does not wait for ever. */
static void uart_put(const struct uart *uart, char c)
{
	for (unsigned i = 0; i < UART_PATIENCE; i++) {
		if ((inb(uart->port + UART_STATUS) & UART_STATUS_EMPTY) != 0
		    && (inb(uart->port + UART_MODEM_STATUS) & uart->wait) == uart->wait)
			break;
	}
	outb(uart->port + UART_DATA, (uint8_t)c);
}

/* Shows a character everywhere. The screen: int 10h, AH = 0Eh, grey on page 0. */
static void put(char c)
{
	if (on_screen)
		__intcall(0x10,
		          &(struct bios_registers){ .eax = 0x0e00 | (uint8_t)c, .ebx = 0x0007 },
		          &(struct bios_registers){ 0 });
	for (unsigned i = 0; i < uart_count; i++)
		uart_put(&uarts[i], c);
	if (on_debug)
		outb(PORT_DEBUG, (uint8_t)c);
}

void console_write(const char *text)
{
	for (; *text != 0; text++) {
		if (*text == '\n')
			put('\r');
		put(*text);
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

void console_warn(const struct report *report)
{
	if (!is_quiet)
		show(report, false);
}

void console_refuse(const struct report *report)
{
	show(report, false);
	if (report->lost != 0)
		console_print("... and %u more findings\n", report->lost);
	show(report, true);
}
