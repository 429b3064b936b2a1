/* SPDX-License-Identifier: MIT */
/*
 * cells.h - draws text where the firmware's console would: a character of it takes the firmware
 * 11,000 instructions. It begins where the firmware's cursor is, and goes on until the firmware has
 * to do what follows; it never begins again.
 */
#ifndef PLATFORM_UEFI_CELLS_H
#define PLATFORM_UEFI_CELLS_H

#include "core/colour.h"
#include "core/display.h"
#include "platform/uefi/efi.h"

#include <stdbool.h>

/* From now on, text for this device can be drawn, if it is a console on a screen that can be drawn
 * on, at a place that is known, in the usual colours. False if not. */
bool cells_begin(struct efi_text_output *device, const struct screen *screen);

/* Draws as much of a text for the device as can be drawn; returns how many characters that is. If
 * it is not all, the firmware goes on. */
size_t cells_draw(const struct efi_text_output *device, const char *text, size_t length,
                  enum colour colour);

/* The firmware goes on: its cursor is where ours was. */
void cells_end(void);

/* The same, but what is on the screen does not matter any more. */
void cells_forget(void);

#endif
