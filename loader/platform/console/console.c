/* SPDX-License-Identifier: MIT */
/*
 * console.c - drives serial ports and the debug port, and writes to the screen through the
 * platform. Settings that exist already (port, speed, handshake signals) are kept.
 */
#include "platform/console/console.h"

#include "platform/console/screen.h"
#include "platform/console/watch.h"
#include "x86/watcher.h"
#include "x86/x86.h"

#define UART_PATIENCE 100000 /* reads of the status before a port counts as stuck */

/* A serial port that we write to. */
struct uart {
	uint16_t port;
	uint8_t wait;  /* bits of the modem status */
	bool is_stuck; /* it did not become ready in time */
};

static struct console given; /* the console of whoever started us */
static struct uart uarts[2];
static unsigned uart_count;
static bool on_screen, on_debug, is_quiet;
static enum colour colour; /* of the next text on the screen */
static unsigned bar;       /* columns of a bar that are written */

/* Adds this port, if it exists. A port that is not set up yet gets the speed of the one that is, or
 * 115200 baud. */
static void add_uart(uint16_t port)
{
	uint16_t divisor = given.port != 0 ? given.divisor : 1;

	if (port == given.port) {
		uarts[uart_count++] = (struct uart){ .port = port, .wait = given.wait };
		return;
	}
	if (inb(port + UART_STATUS) == 0xff)
		return;
	uarts[uart_count++] = (struct uart){ .port = port };
	outb(port + UART_LINE, UART_LINE_DIVISOR);
	outb(port + UART_DIVISOR_LOW, (uint8_t)divisor);
	outb(port + UART_DIVISOR_HIGH, (uint8_t)(divisor >> 8));
	outb(port + UART_LINE, UART_LINE_8N1);
	outb(port + UART_FIFO, UART_FIFO_ON);
	outb(port + UART_MODEM, UART_MODEM_READY);
}

void console_open(const struct console *own)
{
	given = *own;
	on_screen = own->screen;
	uart_count = 0;
	add_uart(own->port != 0 ? own->port : PORT_COM1);
}

void platform_console(const struct options *options, struct machine *machine)
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
}

void platform_use_screen(bool emptied)
{
	on_screen = true;
	if (emptied)
		screen_clear();
	watch_refusal();
}

bool console_is_quiet(void)
{
	return is_quiet;
}

/* Shows characters in the current colour. A bar begins with a space. */
static void show(const char *text, size_t length)
{
	if (length == 0)
		return;
	if (colour == COLOUR_BAR && bar == 0)
		screen_write(" ", ++bar, colour);
	screen_write(text, length, colour);
	bar += colour == COLOUR_BAR ? (unsigned)length : 0;
}

/* Ends a bar's line: it fills the last column, after which the cursor moves to the next line. */
static void end_bar(void)
{
	for (unsigned columns = screen_columns(); bar < columns; bar++)
		screen_write(" ", 1, colour);
	bar = 0;
}

/* True for a control character: it changes the colour, or ends a bar or a text.
 */
static bool is_command(char c)
{
	return c == 0 || is_colour(c) || (c == '\n' && colour == COLOUR_BAR);
}

/* Shows a text with its colours. */
static void write_on_screen(const char *text)
{
	for (;; text++) {
		size_t length = 0;

		while (!is_command(text[length]))
			length++;
		show(text, length);
		text += length;
		if (*text == 0)
			return;
		if (is_colour(*text))
			colour = (enum colour) * text;
		else
			end_bar();
	}
}

/* True if the port can take a byte, and the other side is ready. */
static bool uart_is_ready(const struct uart *uart)
{
	return (inb(uart->port + UART_STATUS) & UART_STATUS_EMPTY) != 0
	    && (inb(uart->port + UART_MODEM_STATUS) & uart->wait) == uart->wait;
}

/* Sends a byte as soon as the port is ready. A port that is stuck is waited for only once, not for
 * each byte. */
static void uart_put(struct uart *uart, char c)
{
	unsigned looks = uart->is_stuck ? 1 : UART_PATIENCE;
	bool was_stuck = uart->is_stuck;

	do
		uart->is_stuck = !uart_is_ready(uart);
	while (uart->is_stuck && --looks > 0);
	outb(uart->port + UART_DATA, (uint8_t)c);
	if (uart->is_stuck && !was_stuck && on_screen)
		write_on_screen(
			"\n(The serial port takes nothing: it is not waited for any more.)\n");
}

/* Sends a character to all outputs that need no firmware. */
static void put(char c)
{
	for (unsigned i = 0; i < uart_count; i++)
		uart_put(&uarts[i], c);
	if (on_debug)
		outb(PORT_DEBUG, (uint8_t)c);
	watcher_put(c);
}

void platform_write(const char *text)
{
	if (on_screen)
		write_on_screen(text);
	for (; *text != 0; text++) {
		if (*text == '\n')
			put('\r');
		if (!is_colour(*text))
			put(*text);
	}
}

void console_tell(const struct report *report, unsigned first)
{
	char buffer[1000];

	on_screen = false;
	for (unsigned i = first; i < report->count; i++) {
		struct text text = text_in(buffer, sizeof(buffer));

		finding_write(&text, &report->findings[i], false);
		platform_write(buffer);
	}
}

void console_print(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	text_show_list(platform_write, format, values);
	va_end(values);
}
