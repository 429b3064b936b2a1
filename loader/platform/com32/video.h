/* SPDX-License-Identifier: MIT */
/* video.h - the screen through the BIOS: what it can, and the switch to a graphics mode. */
#ifndef PLATFORM_COM32_VIDEO_H
#define PLATFORM_COM32_VIDEO_H

#include "core/machine.h"
#include "core/video.h"

/*
 * Fills in the font, and, unless text mode is asked for, the EDID, the video modes and the screen
 * that the request amounts to. Switches nothing. On false, the reason is in the report.
 */
bool video_read(struct machine *machine, const struct video_request *request,
                struct report *report);

/* Switches to the screen that video_read() chose. On false, the reason is in the report, and the
 * screen is in text mode. */
bool video_set(const struct machine *machine, struct report *report);

/* Gives back the memory that video_read() has left with machine's facts. */
void video_release(const struct machine *machine);

#endif
