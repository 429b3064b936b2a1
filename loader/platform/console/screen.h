/* SPDX-License-Identifier: MIT */
/* screen.h - what the console needs of the platform, which brings it. */
#ifndef CONSOLE_SCREEN_H
#define CONSOLE_SCREEN_H

/* Shows a text on the screen where the cursor is. Lines end in "\n". */
void screen_write(const char *text);

#endif
