/* SPDX-License-Identifier: MIT */
/* video.c - reads the blocks of BIOS and monitor about video modes, and chooses a mode. */
#include "core/video.h"

#include "core/palette.h"

#define EDID_TIMING   54
#define NO_MODE       UINT32_MAX
#define SIZE_MAX_TEXT 24 /* characters: more than a size takes, on a new line */

/* Offsets in the mode information block (VBE 3.0, page 30), and required values. */
enum {
	VBE_ATTRIBUTES = 0,
	VBE_PITCH = 16,
	VBE_WIDTH = 18,
	VBE_HEIGHT = 20,
	VBE_BITS = 25,
	VBE_MODEL = 27,
	VBE_COLOURS = 31, /* size and position of red, green and blue, a byte each */
	VBE_ADDRESS = 40,
	VBE_LINEAR_PITCH = 50, /* from 3.0 on, for the linear framebuffer */
	VBE_LINEAR_COLOURS = 54,
	VBE_BLOCK = 62,
	VBE_3 = 0x0300,
	VBE_USABLE = 0x9b, /* supported, with all fields, in colour, graphics, linear */
	VBE_MODEL_PACKED = 4,
	VBE_MODEL_DIRECT = 6
};

struct size {
	uint32_t width, height;
};

/* Reads a decimal number of up to 5 digits at *at, and moves past it. */
static bool pass_number(const char **at, uint32_t *number)
{
	unsigned digits = 0;

	for (*number = 0; **at >= '0' && **at <= '9' && digits < 6; ++*at, digits++)
		*number = *number * 10 + (uint32_t)(**at - '0');
	return digits > 0 && digits < 6 && *number != 0;
}

/* If `word` is at *at, moves past it. */
static bool pass_word(const char **at, const char *word)
{
	const char *end = *at;

	for (; *word != 0; word++, end++) {
		if (*end != *word)
			return false;
	}
	*at = end;
	return true;
}

/* True for a supported depth in bits per pixel. */
static bool is_depth(uint32_t bits)
{
	return bits == 15 || bits == 16 || bits == 24 || bits == 32;
}

bool video_read_request(struct video_request *request, const char *value)
{
	*request = (struct video_request){ .want = VIDEO_TEXT, .given = true };
	if (text_equal(value, "text"))
		return true;
	if (pass_word(&value, "auto")) {
		request->want = VIDEO_AUTO;
	} else {
		request->want = VIDEO_SIZE;
		if (!pass_number(&value, &request->width) || !pass_word(&value, "x")
		    || !pass_number(&value, &request->height))
			return false;
		if (pass_word(&value, "x")
		    && (!pass_number(&value, &request->bits_per_pixel)
		        || !is_depth(request->bits_per_pixel)))
			return false;
	}
	request->any = pass_word(&value, ",any");
	return *value == 0;
}

static uint16_t read_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t read_u32(const uint8_t *bytes)
{
	return read_u16(bytes) | (uint32_t)read_u16(bytes + 2) << 16;
}

/* The positions of the colours in a pixel: from the block, or the usual ones. False if invalid.
 */
static bool read_colours(struct screen *screen, const uint8_t *block, unsigned version)
{
	static const uint8_t usual[4][6] = {
		{ 5, 10, 5, 5, 5, 0 },
		{ 5, 11, 6, 5, 5, 0 },
		{ 8, 16, 8, 8, 8, 0 },
	};
	const uint8_t *at = block + VBE_COLOURS;

	if (version >= VBE_3 && block[VBE_LINEAR_COLOURS] != 0)
		at = block + VBE_LINEAR_COLOURS;
	if (block[VBE_MODEL] == VBE_MODEL_PACKED || at[0] == 0)
		at = usual[screen->bits_per_pixel == 15 ? 0 : screen->bits_per_pixel == 16 ? 1 : 2];
	screen->red_bits = at[0];
	screen->red_shift = at[1];
	screen->green_bits = at[2];
	screen->green_shift = at[3];
	screen->blue_bits = at[4];
	screen->blue_shift = at[5];
	if (screen->bits_per_pixel == 16 && at[0] + at[2] + at[4] == 15)
		screen->bits_per_pixel = 15;
	for (unsigned i = 0; i < 6; i += 2) {
		if (at[i] == 0 || at[i] + at[i + 1] > (int)screen->bits_per_pixel)
			return false;
	}
	return true;
}

/* True for a mode whose pixels are numbers of colours. */
static bool has_palette(const uint8_t *block)
{
	return block[VBE_BITS] == PALETTE_BITS && block[VBE_MODEL] == VBE_MODEL_PACKED;
}

bool video_read_vbe(struct screen *screen, struct span span, unsigned version)
{
	uint8_t block[VBE_BLOCK];
	uint32_t address;

	if (!span_read(span, 0, block, sizeof(block))
	    || (read_u16(block + VBE_ATTRIBUTES) & VBE_USABLE) != VBE_USABLE
	    || (block[VBE_MODEL] != VBE_MODEL_PACKED && block[VBE_MODEL] != VBE_MODEL_DIRECT)
	    || (!is_depth(block[VBE_BITS]) && !has_palette(block)))
		return false;
	*screen = (struct screen){ .width = read_u16(block + VBE_WIDTH),
		                   .height = read_u16(block + VBE_HEIGHT),
		                   .pitch = read_u16(block + VBE_PITCH),
		                   .bits_per_pixel = block[VBE_BITS] };
	if (version >= VBE_3 && read_u16(block + VBE_LINEAR_PITCH) != 0)
		screen->pitch = read_u16(block + VBE_LINEAR_PITCH);
	address = read_u32(block + VBE_ADDRESS);
	screen->pixels.begin = address;
	screen->pixels.end = address + (uint64_t)screen->pitch * screen->height;
	return (has_palette(block) || read_colours(screen, block, version)) && screen->width != 0
	    && screen->height != 0
	    && screen->pitch >= screen->width * ((screen->bits_per_pixel + 7) / 8)
	    && screen->pixels.begin >= MIB && screen->pixels.end <= 4 * GIB;
}

bool video_is_edid(struct span edid)
{
	static const uint8_t sign[8] = { 0, 255, 255, 255, 255, 255, 255, 0 };
	uint8_t bytes[EDID_SIZE], sum = 0;

	if (edid.size != EDID_SIZE || !span_read(edid, 0, bytes, EDID_SIZE)
	    || memcmp(bytes, sign, sizeof(sign)) != 0)
		return false;
	for (unsigned i = 0; i < EDID_SIZE; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum == 0;
}

bool video_read_edid(struct span edid, uint32_t *width, uint32_t *height)
{
	uint8_t timing[18]; /* the first detailed timing, which is the preferred one */

	if (!video_is_edid(edid) || !span_read(edid, EDID_TIMING, timing, sizeof(timing)))
		return false;
	*width = timing[2] | (uint32_t)(timing[4] & 0xf0) << 4;
	*height = timing[5] | (uint32_t)(timing[7] & 0xf0) << 4;
	return read_u16(timing) != 0 && *width != 0 && *height != 0;
}

/* The mode of this size and depth; depth 0: the deepest. NO_MODE if there is none. */
static unsigned find_mode(const struct video_mode *modes, unsigned count, struct size size,
                          uint32_t depth)
{
	unsigned found = NO_MODE;

	for (unsigned i = 0; i < count; i++) {
		const struct video_mode *mode = &modes[i];

		if (mode->width == size.width && mode->height == size.height
		    && (depth == 0 || mode->bits_per_pixel == depth)
		    && (found == NO_MODE || mode->bits_per_pixel > modes[found].bits_per_pixel))
			found = i;
	}
	return found;
}

/* The deepest of the largest modes within `limit`. NO_MODE if there is none. */
static unsigned find_within(const struct video_mode *modes, unsigned count, struct size limit)
{
	struct size best = { 0, 0 };

	for (unsigned i = 0; i < count; i++) {
		if (modes[i].width <= limit.width && modes[i].height <= limit.height
		    && modes[i].width * modes[i].height > best.width * best.height)
			best = (struct size){ modes[i].width, modes[i].height };
	}
	return find_mode(modes, count, best, 0);
}

/* The deepest of the smallest modes. There is at least one mode. */
static unsigned find_smallest(const struct video_mode *modes, unsigned count)
{
	struct size best = { modes[0].width, modes[0].height };

	for (unsigned i = 1; i < count; i++) {
		if (modes[i].width * modes[i].height < best.width * best.height)
			best = (struct size){ modes[i].width, modes[i].height };
	}
	return find_mode(modes, count, best, 0);
}

/* The mode for -video=auto. There is at least one mode. */
static unsigned find_auto(const struct video_mode *modes, unsigned count,
                          const struct video_request *request, struct span edid)
{
	static const struct size usual[] = {
		{ 1024, 768 }, { 1280, 800 }, { 1280, 720 }, { 800, 600 }, { 640, 480 },
	};
	struct size limit = { UINT16_MAX, UINT16_MAX };
	unsigned found = NO_MODE;

	if (!video_read_edid(edid, &limit.width, &limit.height)) {
		found = find_mode(modes, count,
		                  (struct size){ request->set_width, request->set_height }, 0);
		for (unsigned i = 0; i < COUNT(usual) && found == NO_MODE; i++)
			found = find_mode(modes, count, usual[i], 0);
	}
	if (found == NO_MODE)
		found = find_within(modes, count, limit);
	return found != NO_MODE ? found : find_smallest(modes, count);
}

/* True if a mode is at least as large as requested. */
static bool is_enough(const struct video_mode *mode, const struct video_request *request)
{
	return mode->width >= request->least_width && mode->height >= request->least_height;
}

/* Replaces the mode `found` by the deepest of the smallest modes that are at least as large as
 * requested; if there is none, keeps `found`, with a warning. */
static unsigned find_enough(const struct video_mode *modes, unsigned count,
                            const struct video_request *request, unsigned found,
                            struct report *report)
{
	struct size best = { 0, 0 };

	if (is_enough(&modes[found], request))
		return found;
	for (unsigned i = 0; i < count; i++) {
		if (is_enough(&modes[i], request)
		    && (best.width == 0
		        || modes[i].width * modes[i].height < best.width * best.height))
			best = (struct size){ modes[i].width, modes[i].height };
	}
	if (best.width != 0)
		return find_mode(modes, count, best, 0);
	warn(report, DIAG_VIDEO_OTHER_MODE, "%ux%ux%u, since no mode has %ux%u or more",
	     modes[found].width, modes[found].height, modes[found].bits_per_pixel,
	     request->least_width, request->least_height);
	return found;
}

/* Writes the depths in which there is this size: "16, 32". */
static void list_depths(struct text *text, const struct video_mode *modes, unsigned count,
                        struct size size)
{
	const char *before = "";

	for (uint32_t depth = 15; depth <= 32; depth++) {
		if (find_mode(modes, count, size, depth) == NO_MODE)
			continue;
		text_add(text, "%s%u", before, depth);
		before = ", ";
	}
}

/* Writes every size that there is, in the BIOS's order, six to a line, as far as there is room. */
static void list_sizes(struct text *text, const struct video_mode *modes, unsigned count)
{
	unsigned listed = 0;

	for (unsigned i = 0; i < count; i++) {
		struct size size = { modes[i].width, modes[i].height };

		if (find_mode(modes, i, size, 0) != NO_MODE)
			continue;
		if (text->limit - text->at < SIZE_MAX_TEXT) {
			text_add(text, " ...");
			return;
		}
		text_add(text, "%s%ux%u", listed % 6 == 0 ? "\n      " : " ", size.width,
		         size.height);
		listed++;
	}
}

/* Refuses, and lists the modes that there are. Always false. */
static bool refuse_size(const struct video_mode *modes, unsigned count,
                        const struct video_request *request, struct report *report)
{
	struct size size = { request->width, request->height };
	char list[340]; /* with the words before it, no more than a finding has room for */
	struct text text = text_in(list, sizeof(list));

	if (find_mode(modes, count, size, 0) != NO_MODE) {
		list_depths(&text, modes, count, size);
		return refuse(report, DIAG_VIDEO_NO_MODE,
		              "%ux%u is available with %s bits, not with %u", size.width,
		              size.height, list, request->bits_per_pixel);
	}
	list_sizes(&text, modes, count);
	return refuse(report, DIAG_VIDEO_NO_MODE, "%ux%u is not one of the available sizes:%s",
	              size.width, size.height, list);
}

/* The replacement for a size that does not exist, with ",any". There is at least one mode. */
static unsigned find_instead(const struct video_mode *modes, unsigned count,
                             const struct video_request *request, struct report *report)
{
	struct size size = { request->width, request->height };
	unsigned found = find_within(modes, count, size);

	if (found == NO_MODE)
		found = find_smallest(modes, count);
	warn(report, DIAG_VIDEO_OTHER_MODE, "%ux%ux%u, since there is no %ux%ux%u",
	     modes[found].width, modes[found].height, modes[found].bits_per_pixel, size.width,
	     size.height, request->bits_per_pixel != 0 ? request->bits_per_pixel : 32);
	return found;
}

bool video_choose(const struct video_mode *modes, unsigned count,
                  const struct video_request *request, struct span edid, unsigned *chosen,
                  struct report *report)
{
	struct size size = { request->width, request->height };

	*chosen = count;
	if (request->want == VIDEO_TEXT)
		return true;
	if (count == 0 && !request->any)
		return refuse(report, DIAG_VIDEO_NONE,
		              "there is no mode with a linear "
		              "framebuffer of 15, 16, 24 or 32 bits");
	if (count == 0) {
		warn(report, DIAG_VIDEO_OTHER_MODE, "text, since there is no framebuffer");
		return true;
	}
	if (request->want == VIDEO_AUTO)
		*chosen = find_enough(modes, count, request, find_auto(modes, count, request, edid),
		                      report);
	else
		*chosen = find_mode(modes, count, size, request->bits_per_pixel);
	if (*chosen == NO_MODE && !request->any)
		return refuse_size(modes, count, request, report);
	if (*chosen == NO_MODE)
		*chosen = find_instead(modes, count, request, report);
	return true;
}
