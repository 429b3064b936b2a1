/* SPDX-License-Identifier: MIT */
/*
 * console.h - where the loader speaks: the screen, serial ports and the debug port. Implements
 * platform_write(), platform_console() and platform_use_screen() for every platform that runs on a
 * machine.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include "platform/platform.h"

/* What whoever started us speaks on. */
struct console {
	bool screen;
	uint16_t port;    /* of the UART that has been set up; 0: none has */
	uint16_t divisor; /* of its clock, 115200 baud; what other UARTs are set to as well */
	uint8_t wait;     /* bits of the modem status to be waited for */
};

/* Speaks where `own` says; on COM1, if there is one, where that names no UART. */
void console_open(const struct console *own);

/* As printf, up to 1000 characters; names and other foreign text become as text_add_shown() has
 * them. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says the findings from this one on, which were made when there was no firmware any more: on
 * serial ports and the debug port alone, as all that is said after it. */
void console_tell(const struct report *report, unsigned first);

/* True if the user wants to hear only of failures. */
bool console_is_quiet(void);

#endif
