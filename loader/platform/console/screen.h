/* SPDX-License-Identifier: MIT */
/* screen.h - what the console needs of the platform, which brings it. */
#ifndef CONSOLE_SCREEN_H
#define CONSOLE_SCREEN_H

#include "core/colour.h"

#include <stddef.h>

/* Shows so many characters on the screen where the cursor is, in a colour; COLOUR_AS_IS leaves it
 * to the screen. Lines end in "\n", or after the last column. */
void screen_write(const char *text, size_t length, enum colour colour);

/* Empties the screen; the cursor is in its upper left corner then. */
void screen_clear(void);

/* How many characters a line has: at least 1. */
unsigned screen_columns(void);

#endif
