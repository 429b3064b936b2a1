/* SPDX-License-Identifier: MIT */
/* console.h - where the module speaks: the screen, serial ports and the debug port. */
#ifndef PLATFORM_COM32_CONSOLE_H
#define PLATFORM_COM32_CONSOLE_H

#include "core/machine.h"
#include "core/config.h"
#include "core/report.h"

/* Opens the console where Syslinux has its own: on the screen, and on the serial port of the SERIAL
 * line or, without one, on COM1 if there is one. Call once, before anything is written. */
void console_open(void);

/* Speaks from now on where the options say, and notes for the resident part which serial port that
 * is. Always true. */
bool console_choose(const struct options *options, struct machine *machine);

/* Shows a text. */
void console_write(const char *text);

/* As printf, up to 1000 characters. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* True if the user wants to hear only of failures. */
bool console_is_quiet(void);

/* Shows the findings for which the kernel is started all the same, unless it is to be quiet. */
void console_warn(const struct report *report);

/* Speaks on the screen, too, from now on: a failure is never told to a log alone. */
void console_use_screen(void);

/* Shows every finding, the refusals last. */
void console_refuse(const struct report *report);

/* Gives the screen back to Syslinux, whose own text then follows ours. */
void console_close(void);

#endif
