/* SPDX-License-Identifier: MIT */
/*
 * video.h - chooses a screen mode for a request. Works on lists and blocks of bytes that somebody
 * else has read; calls no firmware.
 */
#ifndef CORE_VIDEO_H
#define CORE_VIDEO_H

#include "core/machine.h"
#include "core/report.h"

#define VIDEO_MAX_MODES 256 /* of which a platform offers a choice */

enum video_want { VIDEO_TEXT, VIDEO_AUTO, VIDEO_SIZE };

/* What -video= asks for. */
struct video_request {
	enum video_want want;
	uint32_t width, height;             /* VIDEO_SIZE: pixels */
	uint32_t bits_per_pixel;            /* VIDEO_SIZE: preferred by a kernel, or one of 15, 16,
	                                       24 and 32; 0: the most there is */
	uint32_t least_width, least_height; /* VIDEO_AUTO: prefer a mode of at least this size */
	uint32_t set_width, set_height;     /* VIDEO_AUTO: of the mode that firmware has set by
	                                       itself; 0: there is none */
	bool given;                         /* by the user, which overrides the kernel's request */
	bool any;                           /* another mode, or text mode, is acceptable */
};

/* Reads "text", "auto[,any]" or "1024x768[x32][,any]". False if it is not one of these. */
bool video_read_request(struct video_request *request, const char *value);

/*
 * Reads the mode information block that a VBE BIOS of this version gave (VBE Core Functions
 * Standard 3.0, page 30). False if the mode is unusable: not graphics in a linear framebuffer
 * with 15, 16, 24 or 32 bits of colour, or 8 of a palette, or with an address or a pitch that
 * cannot be right.
 */
bool video_read_vbe(struct screen *screen, struct span block, unsigned version);

/* True if these are the 128 bytes of an undamaged EDID (VESA E-EDID, 3.1). */
bool video_is_edid(struct span edid);

/* The preferred size of a monitor in pixels, from its EDID. False if the EDID is invalid.
 */
bool video_read_edid(struct span edid, uint32_t *width, uint32_t *height);

/*
 * Chooses a mode: *chosen is its index, or `count` for text mode. `edid` may be empty.
 *
 * VIDEO_SIZE: that size, in the requested depth, or else in the deepest. VIDEO_AUTO: the monitor's
 * preferred size; if the firmware does not have it, the largest that is not larger; without an
 * EDID, the current mode, or else the first available of 1024x768, 1280x800, 1280x720, 800x600,
 * 640x480, or else the largest. If the result is smaller than the requested minimum, the smallest
 * mode that is not; if there is none, the result stands, with a warning. With `any`, a missing size
 * is replaced by the largest that is not larger, or the smallest, and by text mode if there are no
 * modes at all; the report then has a warning. Otherwise false, with the reason and the available
 * modes in the report.
 */
bool video_choose(const struct video_mode *modes, unsigned count,
                  const struct video_request *request, struct span edid, unsigned *chosen,
                  struct report *report);

#endif
