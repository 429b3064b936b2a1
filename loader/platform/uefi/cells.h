/* SPDX-License-Identifier: MIT */
/*
 * cells.h - draws text in the firmware's place, since a character takes the firmware 11,000
 * instructions. It begins at the firmware's cursor, and ends when the firmware must draw what
 * follows; after that, it is not used again.
 */
#ifndef PLATFORM_UEFI_CELLS_H
#define PLATFORM_UEFI_CELLS_H

#include "core/colour.h"
#include "core/display.h"
#include "platform/uefi/efi.h"

#include <stdbool.h>

/* Prepares to draw text for this device. False if it is not a console on a screen that can be drawn
 * on, at a known place, in the usual colours. */
bool cells_begin(struct efi_text_output *device, const struct screen *screen);

/* Draws as much of a text for the device as possible; returns the number of characters. The
 * firmware must draw the rest. */
size_t cells_draw(const struct efi_text_output *device, const char *text, size_t length,
                  enum colour colour);

/* Ends drawing, and moves the firmware's cursor to where ours is. */
void cells_end(void);

/* Ends drawing, when the contents of the screen no longer matter. */
void cells_forget(void);

#endif
