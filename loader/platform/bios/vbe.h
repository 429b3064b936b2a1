/* SPDX-License-Identifier: MIT */
/* vbe.h - the screen through the BIOS: its modes, and switching to a graphics mode. */
#ifndef BIOS_VBE_H
#define BIOS_VBE_H

#include "core/machine.h"
#include "core/video.h"

/*
 * Fills in the font, and, unless text mode is requested, the EDID, the video modes and the screen
 * that the request leads to, with the BIOS's blocks about it in machine->bios. Switches nothing. On
 * false, the reason is in the report.
 */
bool vbe_read(struct machine *machine, const struct video_request *request, struct report *report);

/* Switches to the screen that vbe_read() chose, and loads its palette if it has one. On false, the
 * reason is in the report, and the screen is in text mode. */
bool vbe_set(const struct machine *machine, struct report *report);

#endif
