/* SPDX-License-Identifier: MIT */
/* screen.h - the firmware's text devices and its keyboard. */
#ifndef PLATFORM_UEFI_SCREEN_H
#define PLATFORM_UEFI_SCREEN_H

#include "core/display.h"

#include <stdbool.h>

/* Finds the devices that show text; not those that are added later. */
void screen_open(void);

/* Moves the firmware's cursor to the end of our text, since from now on all text is written by the
 * firmware. */
void screen_give_back(void);

/* The same, for good: what the firmware starts next writes below our text. */
void screen_leave(void);

/* To be called when the firmware is partly shut down: its devices are not used any more. From now
 * on, the loader draws text itself, on the kernel's framebuffer, if there is one. */
void screen_take_over(const struct display *display);

/* True if the user asks for the prompt: a key was pressed, or Shift, Ctrl or Alt is held. */
bool screen_is_called(void);

/* The next key that was pressed, as in standalone/line.h; KEY_NOTHING if there is none. */
unsigned screen_key(void);

#endif
