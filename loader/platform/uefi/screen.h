/* SPDX-License-Identifier: MIT */
/* screen.h - the firmware's text devices and its keyboard. */
#ifndef PLATFORM_UEFI_SCREEN_H
#define PLATFORM_UEFI_SCREEN_H

#include <stdbool.h>

/* Finds the devices that show text. Those that come later are not seen. */
void screen_open(void);

/* True if there is one. */
bool screen_is_there(void);

/* No device is used any more: the firmware is half gone. */
void screen_close(void);

/* True if somebody asks for the prompt: a key was pressed, or Shift, Ctrl or Alt is held. */
bool screen_is_called(void);

/* The next key of those pressed so far, as in standalone/line.h; KEY_NOTHING if there is none. */
unsigned screen_key(void);

#endif
