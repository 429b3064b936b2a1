/* SPDX-License-Identifier: MIT */
/*
 * video.c - any answer of a VGA BIOS and a monitor, and any request: a mode that is accepted can be
 * drawn in, and the one that is chosen exists.
 *
 * The bytes are: a mode information block, an EDID, a request as a string, and modes.
 */
#include "fuzz.h"

#include "core/video.h"

#define BLOCK 62
#define EDID  128

/* A screen that the block describes holds all its lines, in colours that fit into a pixel. */
static void check_screen(struct span block)
{
	struct screen screen = { .width = 0 };

	for (unsigned version = 0x102; version <= 0x300; version += 0xfe) {
		uint64_t size;

		if (!video_read_vbe(&screen, block, version))
			continue;
		size = screen.pixels.end - screen.pixels.begin;
		EXPECT(screen.pixels.begin < screen.pixels.end);
		EXPECT(screen.pitch >= screen.width * ((screen.bits_per_pixel + 7) / 8));
		EXPECT(size >= screen.pitch * (uint64_t)screen.height);
		EXPECT(screen.red_shift + screen.red_bits <= 32);
		EXPECT(screen.green_shift + screen.green_bits <= 32);
		EXPECT(screen.blue_shift + screen.blue_bits <= 32);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct report report;
	struct video_request request = { .want = VIDEO_AUTO };
	struct video_mode modes[16];
	uint8_t block[BLOCK], edid[EDID];
	struct span rest = { data, size };
	char words[24] = { 0 };
	unsigned count = 0, chosen = 0;
	uint32_t width, height;

	take_bytes(&rest, block, sizeof(block));
	take_bytes(&rest, edid, sizeof(edid));
	take_bytes(&rest, words, sizeof(words) - 1);
	while (rest.size > 0 && count < COUNT(modes))
		take_bytes(&rest, &modes[count++], sizeof(modes[0]));
	memset(&report, 0, sizeof(report));
	check_screen((struct span){ block, sizeof(block) });
	if (video_is_edid((struct span){ edid, sizeof(edid) })
	    && video_read_edid((struct span){ edid, sizeof(edid) }, &width, &height))
		EXPECT(width > 0 && height > 0);
	if (!video_read_request(&request, words))
		request = (struct video_request){ .want = VIDEO_AUTO };
	if (video_choose(modes, count, &request, (struct span){ edid, sizeof(edid) }, &chosen,
	                 &report))
		EXPECT(chosen <= count);
	else
		EXPECT(report.count == 1 && report.findings[0].refusal);
	return 0;
}
