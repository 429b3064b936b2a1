/* SPDX-License-Identifier: MIT */
/*
 * video.c - asks the firmware for its screens and their modes (UEFI 2.10, 12.9). Chooses nothing:
 * core/video.c does.
 */
#include "platform/uefi/video.h"

#include "platform/platform.h"
#include "platform/uefi/cells.h"
#include "platform/uefi/firmware.h"
#include "platform/uefi/memory.h"
#include "standalone/font.h"

#define DEPTH 32 /* every pixel of the protocol has as many bits */

/* UEFI 2.10, 12.9.2; and 12.9.3: the EDID that is in use, and the one that the monitor reports. */
static const struct efi_guid graphics_guid = {
	0x9042a9de, 0x23dc, 0x4a38, { 0x96, 0xfb, 0x7a, 0xde, 0xd0, 0x80, 0x51, 0x6a }
};
static const struct efi_guid edid_active = {
	0xbd8c1056, 0x9f36, 0x44ec, { 0x92, 0xa8, 0xa6, 0x33, 0x7f, 0x81, 0x79, 0x86 }
};
static const struct efi_guid edid_discovered = {
	0x1c0c34f6, 0xd380, 0x41fa, { 0xa0, 0x49, 0x8a, 0xd0, 0x6c, 0x1a, 0x66, 0xaa }
};

/* The modes, and the screen that each would give. */
struct lists {
	struct video_mode modes[VIDEO_MAX_MODES];
	struct screen screens[VIDEO_MAX_MODES];
};

static struct efi_graphics *graphics;
static efi_handle graphics_handle;
static uint32_t first_mode;  /* that the firmware had set */
static uint32_t chosen_mode; /* for the kernel */
static bool is_switched;

/* The position and the number of consecutive ones in a mask. */
static void read_mask(uint32_t mask, uint8_t *shift, uint8_t *bits)
{
	*shift = 0;
	*bits = 0;
	while (*shift < 31 && (mask >> *shift & 1) == 0)
		(*shift)++;
	while (*shift + *bits < 32 && (mask >> (*shift + *bits) & 1) != 0)
		(*bits)++;
}

/* The screen in a mode, with its pixels from `begin` on. False if it has no pixels that can be
 * written, or reports impossible values. */
static bool read_mode(const struct efi_graphics_info *info, uint64_t begin, struct screen *screen)
{
	uint32_t red = 0x0000ff, green = 0x00ff00, blue = 0xff0000;

	if (info->format > EFI_PIXEL_MASKS || info->width == 0 || info->height == 0
	    || info->pitch < info->width || info->pitch > UINT32_MAX / 4 || begin == 0)
		return false;
	if (info->format == EFI_PIXEL_BGR) {
		red = 0xff0000;
		blue = 0x0000ff;
	} else if (info->format == EFI_PIXEL_MASKS) {
		red = info->red;
		green = info->green;
		blue = info->blue;
	}
	*screen = (struct screen){ .width = info->width,
		                   .height = info->height,
		                   .pitch = 4 * info->pitch,
		                   .bits_per_pixel = DEPTH };
	screen->pixels.begin = begin;
	screen->pixels.end = begin + (uint64_t)screen->pitch * screen->height;
	read_mask(red, &screen->red_shift, &screen->red_bits);
	read_mask(green, &screen->green_shift, &screen->green_bits);
	read_mask(blue, &screen->blue_shift, &screen->blue_bits);
	return screen->pixels.end > begin;
}

/* The screen as it is now. */
static bool read_current(const struct efi_graphics *from, struct screen *screen)
{
	const struct efi_graphics_mode *mode = from->mode;

	return mode != NULL && mode->info != NULL
	    && read_mode(mode->info, mode->frame_buffer, screen);
}

bool video_of(efi_handle handle, struct screen *screen)
{
	const struct efi_graphics *of = firmware_protocol(handle, &graphics_guid);

	return of != NULL && read_current(of, screen);
}

/* Finds the first screen of the machine with pixels that can be written. */
static void find_graphics(void)
{
	uint64_t count;
	efi_handle *handles = firmware_handles(&graphics_guid, &count);
	struct screen unused;

	for (uint64_t i = 0; i < count && graphics_handle == NULL; i++) {
		graphics = firmware_protocol(handles[i], &graphics_guid);
		if (graphics != NULL && read_current(graphics, &unused))
			graphics_handle = handles[i];
	}
	if (handles != NULL)
		firmware.boot->free_pool(handles);
	if (graphics_handle != NULL)
		first_mode = graphics->mode->mode;
}

/* The monitor's EDID, if the firmware has it. */
static const uint8_t *find_edid(void)
{
	const struct efi_edid *edid = firmware_protocol(graphics_handle, &edid_active);

	if (edid == NULL || edid->size < EDID_SIZE)
		edid = firmware_protocol(graphics_handle, &edid_discovered);
	if (edid == NULL || edid->size < EDID_SIZE
	    || !video_is_edid((struct span){ edid->bytes, EDID_SIZE }))
		return NULL;
	return edid->bytes;
}

/* Fills the lists with the modes that can be used; returns how many. */
static unsigned list_modes(struct lists *lists)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < graphics->mode->max_mode && count < VIDEO_MAX_MODES; i++) {
		struct efi_graphics_info *info;
		uint64_t size;

		if (graphics->query_mode(graphics, i, &size, &info) != EFI_SUCCESS)
			continue;
		if (read_mode(info, graphics->mode->frame_buffer, &lists->screens[count])) {
			lists->modes[count] =
				(struct video_mode){ info->width, info->height, DEPTH, i };
			count++;
		}
		firmware.boot->free_pool(info);
	}
	return count;
}

/* Chooses among the modes. */
static bool choose(struct display *display, const struct video_request *request,
                   struct report *report)
{
	struct lists *lists = platform_take(sizeof(*lists), PAGE_SIZE);
	struct video_request wanted = *request;
	struct span edid = { NULL, 0 };
	unsigned chosen;

	if (lists == NULL)
		return refuse(report, DIAG_MEMORY_LOADER, "%zu bytes for video modes",
		              sizeof(*lists));
	display->modes = lists->modes;
	display->screens = lists->screens;
	if (graphics_handle != NULL) {
		display->mode_count = list_modes(lists);
		display->edid = find_edid();
	}
	if (display->edid != NULL)
		edid = (struct span){ display->edid, EDID_SIZE };
	wanted.set_width = display->screen.width;
	wanted.set_height = display->screen.height;
	if (!video_choose(lists->modes, display->mode_count, &wanted, edid, &chosen, report))
		return false;
	if (chosen == display->mode_count)
		return true;
	chosen_mode = lists->modes[chosen].number;
	display->screen = lists->screens[chosen];
	return true;
}

/* Without a request, the list has only the present mode. */
static void note_current(struct display *display)
{
	static struct video_mode mode;
	static struct screen screen;

	screen = display->screen;
	mode = (struct video_mode){ screen.width, screen.height, DEPTH, graphics->mode->mode };
	chosen_mode = mode.number;
	display->kind = DISPLAY_FRAMEBUFFER;
	display->modes = &mode;
	display->screens = &screen;
	display->mode_count = 1;
	display->font = font_glyphs();
}

bool video_read(struct machine *machine, const struct video_request *request, struct report *report)
{
	struct display *display = &machine->display;

	if (graphics_handle == NULL)
		find_graphics();
	if (graphics_handle != NULL && read_current(graphics, &display->screen))
		note_current(display);
	if (request->want == VIDEO_TEXT && request->given)
		warn(report, DIAG_UEFI_NO_TEXT, "-video=text");
	return request->want == VIDEO_TEXT || choose(display, request, report);
}

bool video_set(struct machine *machine, struct report *report)
{
	efi_status status;

	if (graphics_handle == NULL || chosen_mode == graphics->mode->mode)
		return true;
	cells_end(); /* what we draw on may not be there any more */
	memory_map.is_old = true;
	status = graphics->set_mode(graphics, chosen_mode);
	if (status != EFI_SUCCESS)
		return refuse(report, DIAG_VIDEO_NOT_SET, "SetMode(%u) of UEFI returned %#llx",
		              chosen_mode, ULL(status));
	is_switched = true;
	return read_current(graphics, &machine->display.screen)
	    || refuse(report, DIAG_VIDEO_NOT_SET, "mode %u of UEFI has no framebuffer",
	              chosen_mode);
}

void video_restore(void)
{
	if (is_switched)
		graphics->set_mode(graphics, first_mode);
	is_switched = false;
}
