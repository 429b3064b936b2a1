/* SPDX-License-Identifier: MIT */
/*
 * console.h - the loader's output: the screen, serial ports and the debug port. Implements
 * platform_write(), platform_console() and platform_use_screen() for every platform that runs on
 * real hardware.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include "platform/platform.h"

/* The console of whoever started us. */
struct console {
	bool screen;
	uint16_t port;    /* base port of the UART that is set up; 0: none is */
	uint16_t divisor; /* 115200 divided by the baud rate; also used for other UARTs */
	uint8_t wait;     /* bits of the modem status to wait for */
};

/* Writes to the UART in `own`; to COM1, if there is one, if `own` names none. */
void console_open(const struct console *own);

/* Like printf, up to 1000 characters; names and other foreign text are escaped as by
 * text_add_shown(). */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints the findings from this one on, which were made after the firmware was left: to serial
 * ports and the debug port only, like all later output. */
void console_tell(const struct report *report, unsigned first);

/* True if the user wants only failures reported. */
bool console_is_quiet(void);

#endif
