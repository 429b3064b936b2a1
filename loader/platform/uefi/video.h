/* SPDX-License-Identifier: MIT */
/* video.h - the screen through the Graphics Output Protocol: its modes, and switching them. */
#ifndef PLATFORM_UEFI_VIDEO_H
#define PLATFORM_UEFI_VIDEO_H

#include "core/machine.h"
#include "core/video.h"
#include "platform/uefi/efi.h"

/* The screen of a device as it is. False if it has none, or no pixels that can be written. */
bool video_of(efi_handle handle, struct screen *screen);

/*
 * Fills in the font, the present screen, and, if the request is for another one, the EDID, the
 * modes and the screen that is chosen. Does not switch the mode. On false, the reason is in the
 * report.
 */
bool video_read(struct machine *machine, const struct video_request *request,
                struct report *report);

/* Switches to the screen that video_read() chose; if the firmware has put the framebuffer
 * elsewhere, updates machine->display. On false, the reason is in the report, and the screen is
 * unchanged. */
bool video_set(struct machine *machine, struct report *report);

/* Returns to the mode that the firmware had set. */
void video_restore(void);

#endif
