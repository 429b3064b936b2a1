/* SPDX-License-Identifier: MIT */
/*
 * vbe.c - calls the VGA BIOS and its VBE part (VESA BIOS Extension Core Functions Standard 3.0;
 * VBE/DDC Standard 1.1). Every register that is not named is zero, and every buffer lies below 1
 * MiB. Chooses nothing: core/video.c does.
 */
#include "platform/bios/vbe.h"

#include "core/palette.h"
#include "platform/bios/call.h"
#include "platform/bios/services.h"
#include "platform/platform.h"
#include "x86/dac.h"

#define VBE_OK        0x004f /* in AX */
#define VBE_NUMBER    0x01ff /* of a mode; higher bits are flags */
#define VBE_LINEAR    0x4000
#define VBE_LIST_END  0xffff
#define VBE_2         0x0200
#define TEXT_80X25    3
#define FONT_8X16     6
#define FONT_LETTER_A (16 * 'A')

/* The blocks that VBE writes, with padding, as some BIOSes write more than they should. */
struct vbe_buffers {
	struct {
		char signature[4];
		uint16_t version;
		uint16_t other[4];
		uint16_t modes, modes_segment;
		uint8_t reserved[494];
	} info;
	uint8_t mode[256];
	uint8_t edid[EDID_SIZE];
};
_Static_assert(offsetof(struct vbe_buffers, info.modes) == 14, "VBE 3.0, page 25");
_Static_assert(offsetof(struct vbe_buffers, mode) == 512, "VBE 3.0, page 25");

/* The modes, and the screen that each would give. */
struct lists {
	struct video_mode modes[VIDEO_MAX_MODES];
	struct screen screens[VIDEO_MAX_MODES];
};

static uint8_t edid[EDID_SIZE];

/* Calls int 10h with a buffer at ES:DI; true if VBE reports success. */
static bool call_vbe(struct bios_registers in, void *low)
{
	struct bios_registers out = { 0 };

	in.es = segment_of(low);
	in.edi = offset_of(low);
	bios_call(0x10, &in, &out);
	return (out.eax & 0xffff) == VBE_OK;
}

/* The BIOS's 8x16 font, which lies in its ROM (int 10h, AX=1130h); NULL if it has none. */
static const uint8_t *find_font(void)
{
	struct bios_registers out = { 0 };
	const uint8_t *font;

	bios_call(0x10, &(struct bios_registers){ .eax = 0x1130, .ebx = FONT_8X16 << 8 }, &out);
	font = at_far(out.es, out.ebp);
	for (unsigned i = 0; i < 16; i++) {
		if (font >= (const uint8_t *)0xa0000 && font[FONT_LETTER_A + i] != 0)
			return font;
	}
	return NULL;
}

/* The screen in mode `number`, if that mode is usable. */
static bool read_mode(struct vbe_buffers *low, uint32_t number, struct screen *screen)
{
	memset(low->mode, 0, sizeof(low->mode));
	return call_vbe((struct bios_registers){ .eax = 0x4f01, .ecx = number }, low->mode)
	    && video_read_vbe(screen, (struct span){ low->mode, sizeof(low->mode) },
	                      low->info.version);
}

/* Fills the lists with the usable modes, with `palette` also those that have one; returns how many.
 */
static unsigned list_modes(struct vbe_buffers *low, struct lists *lists, bool palette)
{
	const uint16_t *numbers;
	unsigned count = 0;

	memcpy(low->info.signature, "VBE2", 4);
	if (!call_vbe((struct bios_registers){ .eax = 0x4f00 }, &low->info)
	    || low->info.version < VBE_2)
		return 0;
	numbers = at_far(low->info.modes_segment, low->info.modes);
	for (unsigned i = 0; i < VIDEO_MAX_MODES && numbers[i] != VBE_LIST_END; i++) {
		uint32_t number = numbers[i] & VBE_NUMBER;

		if (read_mode(low, number, &lists->screens[count])
		    && (lists->screens[count].bits_per_pixel != PALETTE_BITS || palette)) {
			const struct screen *screen = &lists->screens[count];

			lists->modes[count++] =
				(struct video_mode){ screen->width, screen->height,
				                     screen->bits_per_pixel, number };
		}
	}
	return count;
}

/* The monitor's EDID (int 10h, AX=4F15h, BL=1: the first 128 bytes); empty if there is none. */
static struct span read_edid(struct vbe_buffers *low)
{
	struct span said = { low->edid, sizeof(low->edid) };

	memset(low->edid, 0, sizeof(low->edid));
	if (!call_vbe((struct bios_registers){ .eax = 0x4f15, .ebx = 1 }, low->edid)
	    || !video_is_edid(said))
		return (struct span){ NULL, 0 };
	memcpy(edid, low->edid, sizeof(edid));
	return (struct span){ edid, sizeof(edid) };
}

/* The BIOS's blocks about itself and about the mode. */
static struct vbe describe_mode(struct vbe_buffers *low, uint32_t number)
{
	struct vbe vbe = { .control = { (const uint8_t *)&low->info, sizeof(low->info) },
		           .mode = { low->mode, sizeof(low->mode) },
		           .number = (uint16_t)number };
	struct bios_registers out = { 0 };
	struct screen unused;

	read_mode(low, number, &unused);
	bios_call(0x10, &(struct bios_registers){ .eax = 0x4f0a }, &out);
	if ((out.eax & 0xffff) == VBE_OK) {
		vbe.interface_segment = out.es;
		vbe.interface_offset = (uint16_t)out.edi;
		vbe.interface_size = (uint16_t)out.ecx;
	}
	return vbe;
}

/* As vbe_read(), with the buffers. */
static bool read_with(struct machine *machine, const struct video_request *request,
                      struct vbe_buffers *low, struct lists *lists, struct report *report)
{
	struct display *display = &machine->display;
	struct span said = read_edid(low);
	uintptr_t at = (uintptr_t)&low->info;
	unsigned chosen;

	display->edid = said.bytes;
	display->modes = lists->modes;
	display->screens = lists->screens;
	display->mode_count = list_modes(low, lists, request->bits_per_pixel == PALETTE_BITS);
	if (!video_choose(lists->modes, display->mode_count, request, said, &chosen, report))
		return false;
	if (chosen == display->mode_count)
		return true;
	display->kind = DISPLAY_FRAMEBUFFER;
	display->screen = lists->screens[chosen];
	machine->bios->vbe = describe_mode(low, lists->modes[chosen].number);
	machine_reserve(machine, at, at + sizeof(low->info)); /* the block points into itself */
	return true;
}

bool vbe_read(struct machine *machine, const struct video_request *request, struct report *report)
{
	struct vbe_buffers *low;
	struct lists *lists;

	machine->display.font = find_font();
	if (request->want == VIDEO_TEXT)
		return true;
	low = bios_low_memory(sizeof(*low));
	lists = platform_take(sizeof(*lists), sizeof(uint64_t));
	if (low == NULL || lists == NULL)
		return refuse(report, DIAG_MEMORY_LOADER, "%zu bytes for video modes",
		              sizeof(*low) + sizeof(*lists));
	return read_with(machine, request, low, lists, report);
}

/* Sets the mode that vbe_read() has chosen. */
static bool set_chosen(const struct bios *bios, struct report *report)
{
	unsigned mode = VBE_LINEAR | bios->vbe.number;
	struct bios_registers out = { 0 };

	bios_call(0x10, &(struct bios_registers){ .eax = 0x4f02, .ebx = mode }, &out);
	if ((out.eax & 0xffff) == VBE_OK)
		return true;
	bios_set_mode(TEXT_80X25);
	return refuse(report, DIAG_VIDEO_NOT_SET, "int 10h, AX=4F02h, BX=%#x: AX=%#x", mode,
	              (unsigned)out.eax & 0xffff);
}

/* Has the BIOS load the colours of a screen with a palette (AX=4F09h: blue, green, red, of 6 bits).
 */
static bool load_palette(void)
{
	uint8_t(*low)[4] = bios_low_memory(PALETTE_COLOURS * sizeof(*low));

	if (low == NULL)
		return false;
	for (unsigned i = 0; i < PALETTE_COLOURS; i++) {
		struct rgb rgb = palette_colour(i);

		low[i][0] = rgb.blue >> 2;
		low[i][1] = rgb.green >> 2;
		low[i][2] = rgb.red >> 2;
		low[i][3] = 0;
	}
	return call_vbe((struct bios_registers){ .eax = 0x4f09, .ecx = PALETTE_COLOURS }, low);
}

/* The same without the BIOS, as some have no such function. */
static void load_dac(void)
{
	dac_begin();
	for (unsigned i = 0; i < PALETTE_COLOURS; i++) {
		struct rgb rgb = palette_colour(i);

		dac_load(rgb.red, rgb.green, rgb.blue);
	}
}

bool vbe_set(const struct machine *machine, struct report *report)
{
	if (machine->display.kind != DISPLAY_FRAMEBUFFER)
		return true;
	if (!set_chosen(machine->bios, report))
		return false;
	if (machine->display.screen.bits_per_pixel == PALETTE_BITS && !load_palette())
		load_dac();
	return true;
}
