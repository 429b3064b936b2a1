/* SPDX-License-Identifier: MIT */
/* screen.h - the firmware's text devices and its keyboard. */
#ifndef PLATFORM_UEFI_SCREEN_H
#define PLATFORM_UEFI_SCREEN_H

#include "core/display.h"

#include <stdbool.h>

/* Finds the devices that show text. Those that come later are not seen. */
void screen_open(void);

/* Whoever writes next, we or the firmware, does so by the firmware: its cursor is where our text
 * has ended. */
void screen_give_back(void);

/* The same, for good: whatever the firmware starts next writes below our text. */
void screen_leave(void);

/* The firmware is partly shut down: its devices are not used any more. From now on, the loader
 * draws text itself, on the framebuffer that the kernel would have had, if there is one. */
void screen_take_over(const struct display *display);

/* True if somebody asks for the prompt: a key was pressed, or Shift, Ctrl or Alt is held. */
bool screen_is_called(void);

/* The next key of those pressed so far, as in standalone/line.h; KEY_NOTHING if there is none. */
unsigned screen_key(void);

#endif
