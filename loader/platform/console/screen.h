/* SPDX-License-Identifier: MIT */
/* screen.h - what the console needs from the platform. */
#ifndef CONSOLE_SCREEN_H
#define CONSOLE_SCREEN_H

#include "core/colour.h"

#include <stddef.h>

/* Shows `length` characters at the cursor, in a colour; COLOUR_AS_IS keeps the screen's. Lines end
 * with "\n", or after the last column. */
void screen_write(const char *text, size_t length, enum colour colour);

/* Clears the screen, and puts the cursor into its upper left corner. */
void screen_clear(void);

/* How many characters a line has: at least 1. */
unsigned screen_columns(void);

#endif
