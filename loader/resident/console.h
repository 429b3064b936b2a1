/* SPDX-License-Identifier: MIT */
/* console.h - where the resident part speaks: the text screen, COM1 and port E9h. */
#ifndef RESIDENT_CONSOLE_H
#define RESIDENT_CONSOLE_H

#include <stdint.h>

/* Shows a text; '\n' begins a new line. */
void console_write(const char *text);

/* Shows a number as 0x and 16 hexadecimal digits. */
void console_write_hex(uint64_t value);

#endif
