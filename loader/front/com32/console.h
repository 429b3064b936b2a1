/* SPDX-License-Identifier: MIT */
/* console.h - where the module speaks: the screen and a serial port. */
#ifndef FRONT_COM32_CONSOLE_H
#define FRONT_COM32_CONSOLE_H

#include "core/report.h"

/* Opens the console. Call once, before anything is written. */
void console_open(void);

/* Shows a text on the screen and on the serial port. */
void console_write(const char *text);

/* As printf, up to 1000 characters. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Shows every finding, the refusals last. */
void console_report(const struct report *report);

#endif
