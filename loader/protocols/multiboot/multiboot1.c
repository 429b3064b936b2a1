/* SPDX-License-Identifier: MIT */
/* multiboot1.c - Multiboot 1 (GNU Multiboot specification 0.6.96): its header and its information.
 */
#include "protocols/multiboot/multiboot1.h"

#include "core/palette.h"
#include "core/version.h"
#include "protocols/multiboot/multiboot.h"
#include "protocols/multiboot/multiboot_header.h"
#include "protocols/multiboot/multiboot_place.h"
#include "protocols/multiboot/multiboot_sections.h"

/* What is known of a kernel. */
struct multiboot1 {
	struct mb1_header header;
};

/* The protocol's own part of a boot. */
static struct multiboot1 *state_of(struct boot *boot)
{
	return (void *)boot->state;
}

/* The header at byte `at` of the file. Fields after the end of the file are 0. */
static struct mb1_header read_header(struct span file, uint64_t at)
{
	struct mb1_header header = { 0 };

	span_read(file, at, &header, (size_t)min_u64(sizeof(header), file.size - at));
	return header;
}

static bool mb1_recognise(struct span file)
{
	uint64_t at;

	return multiboot_find(file, &multiboot_version_1, &at);
}

static bool mb1_resembles(struct span file)
{
	return multiboot_resembles(file, &multiboot_version_1);
}

static bool mb1_read(struct boot *boot)
{
	struct span file = boot->config->kernel.bytes;
	struct report *report = boot->report;
	struct multiboot_image image = { 0 };
	struct mb1_header header;
	uint32_t unknown;

	if (!multiboot_find(file, &multiboot_version_1, &image.header))
		return multiboot_refuse(file, &multiboot_version_1, report);
	state_of(boot)->header = header = read_header(file, image.header);
	unknown = header.flags & MB1_REQUIRED
	        & ~(uint32_t)(MB1_ALIGN_MODULES | MB1_WANT_MEMORY | MB1_WANT_VIDEO);
	if (unknown != 0)
		return refuse(report, DIAG_MULTIBOOT_REQUIRED,
		              "its header's flags are %#x; Multiboot 1 does not define %#x of them",
		              header.flags, unknown);
	image.has_addresses = image.has_entry = (header.flags & MB1_ADDRESSES) != 0;
	image.addresses = (struct multiboot_addresses){ header.header_address, header.load_address,
		                                        header.load_end, header.bss_end };
	image.entry = header.entry;
	return multiboot_read(&boot->kernel, file, &image, report);
}

/* The screen that the header asks for. */
static bool mb1_requests(struct boot *boot)
{
	const struct mb1_header *header = &state_of(boot)->header;

	multiboot_request(boot->config);
	if ((header->flags & MB1_WANT_VIDEO) != 0 && header->mode_type == 0)
		multiboot_request_screen(boot->config, header->width, header->height,
		                         header->depth);
	return true;
}

/* Words what the kernel asks for, flag by flag. */
static void mb1_describe(const struct boot *boot, struct text *text)
{
	const struct multiboot1 *state = (const void *)boot->state;
	struct mb1_header header = state->header;

	text_add(text, "the header at byte %#llx of the file, with flags %#x",
	         ULL(boot->kernel.header), header.flags);
	if ((header.flags & MB1_ALIGN_MODULES) != 0)
		text_add(text, "\nmodules on page boundaries");
	if ((header.flags & MB1_WANT_MEMORY) != 0)
		text_add(text, "\namounts of memory, and the memory map");
	if ((header.flags & MB1_WANT_VIDEO) != 0 && header.mode_type != 0)
		text_add(text, "\na text screen");
	else if ((header.flags & MB1_WANT_VIDEO) != 0)
		multiboot_describe_screen(text, header.width, header.height, header.depth);
	if ((header.flags & MB1_ADDRESSES) != 0)
		text_add(text,
		         "\nits header at %#x, its file at %#x-%#x, zeros to %#x\n"
		         "its entry at %#x",
		         header.header_address, header.load_address, header.load_end,
		         header.bss_end, header.entry);
}

/* What is written of the information. */
struct information {
	const struct plan *plan;
	const struct multiboot_sections *sections;
	struct writer *writer;
	struct mb1_info info;
};

/* Puts a command line at a multiple of 8. */
static uint32_t write_line(struct information *to, const struct file *file)
{
	writer_reserve(to->writer, 0);
	return (uint32_t)multiboot_write_line(to->writer, file);
}

/* The list of modules, if there are any: without the flag, kernels do not read the first. */
static void write_modules(struct information *to)
{
	unsigned count = to->plan->config->module_count;
	struct mb1_module module = { 0 };
	uint64_t list = writer_reserve(to->writer, count * sizeof(module));

	if (count == 0)
		return;
	to->info.flags |= MB1_HAS_MODULES;
	to->info.modules = (uint32_t)list;
	to->info.module_count = count;
	for (unsigned i = 0; i < count; i++) {
		struct phys_range range = multiboot_module(to->plan, i);

		module.begin = (uint32_t)range.begin;
		module.end = (uint32_t)range.end;
		module.command_line = write_line(to, &to->plan->config->modules[i]);
		writer_put(to->writer, list + i * sizeof(module), &module, sizeof(module));
	}
}

/* The firmware's memory map: in this protocol, the kernel has to know that its own memory and that
 * of its modules is in use. */
static void write_memory(struct information *to)
{
	const struct machine *machine = to->plan->machine;
	struct mb1_range range = { .size = sizeof(range) - sizeof(range.size) };
	uint64_t map = writer_reserve(to->writer, machine->firmware_count * sizeof(range));

	multiboot_memory(to->plan, &to->info.memory_lower, &to->info.memory_upper);
	to->info.map = (uint32_t)map;
	to->info.map_size = machine->firmware_count * (uint32_t)sizeof(range);
	for (unsigned i = 0; i < machine->firmware_count; i++) {
		const struct firmware_range *from = &machine->firmware[i];

		range.begin = from->phys.begin;
		range.length = from->phys.end - from->phys.begin;
		range.type = multiboot_memory_type(from->type);
		writer_put(to->writer, map + i * sizeof(range), &range, sizeof(range));
	}
}

/* The screen, if there is one: a framebuffer, or 80x25 cells of text. */
static void write_screen(struct information *to)
{
	const struct display *display = &to->plan->machine->display;
	const struct screen *screen = &display->screen;
	struct mb1_info *info = &to->info;
	bool text = display->kind == DISPLAY_VGA_TEXT;
	uint64_t address = text ? VGA_TEXT : screen->pixels.begin;

	if (display->kind == DISPLAY_NONE)
		return;
	info->flags |= MB1_HAS_FRAMEBUFFER;
	info->framebuffer_low = (uint32_t)address;
	info->framebuffer_high = (uint32_t)(address >> 32);
	info->framebuffer_pitch = text ? 160 : screen->pitch;
	info->framebuffer_width = text ? 80 : screen->width;
	info->framebuffer_height = text ? 25 : screen->height;
	info->framebuffer_bits = text ? 16 : (uint8_t)screen->bits_per_pixel;
	info->framebuffer_type = text ? MB_FRAMEBUFFER_TEXT : MB_FRAMEBUFFER_RGB;
	info->red_shift = screen->red_shift;
	info->red_bits = screen->red_bits;
	info->green_shift = screen->green_shift;
	info->green_bits = screen->green_bits;
	info->blue_shift = screen->blue_shift;
	info->blue_bits = screen->blue_bits;
	if (screen->bits_per_pixel == PALETTE_BITS) {
		info->framebuffer_type = MB_FRAMEBUFFER_INDEXED;
		info->palette = (uint32_t)multiboot_write_palette(to->writer);
		info->palette_count = PALETTE_COLOURS;
	}
}

/* The VBE information, if the screen is in a VBE mode. */
static void write_vbe(struct information *to)
{
	const struct bios *bios = to->plan->machine->bios;
	struct mb1_info *info = &to->info;
	const struct vbe *vbe;

	if (bios == NULL || bios->vbe.mode.size == 0)
		return;
	vbe = &bios->vbe;
	info->flags |= MB1_HAS_VBE;
	info->vbe_control =
		(uint32_t)writer_copy(to->writer, vbe->control.bytes, vbe->control.size);
	info->vbe_mode_info = (uint32_t)writer_copy(to->writer, vbe->mode.bytes, vbe->mode.size);
	info->vbe_mode = (uint16_t)(vbe->number | MB_VBE_LINEAR);
	info->vbe_segment = vbe->interface_segment;
	info->vbe_offset = vbe->interface_offset;
	info->vbe_length = vbe->interface_size;
}

/* The BIOS's drive number, configuration table and APM table. */
static void write_bios(struct information *to)
{
	const struct machine *machine = to->plan->machine;
	const struct bios *bios = machine->bios;
	struct mb1_info *info = &to->info;
	struct mb_apm apm;

	if (multiboot_has_drive(machine)) {
		info->flags |= MB1_HAS_BOOT_DEVICE;
		info->boot_device = bios->drive << 24 | 0xffffff; /* 0xff: no partition */
	}
	if (bios != NULL && bios->configuration != 0) {
		info->flags |= MB1_HAS_CONFIGURATION;
		info->configuration = (uint32_t)bios->configuration;
	}
	if (multiboot_apm(machine, &apm)) {
		info->flags |= MB1_HAS_APM;
		info->apm = (uint32_t)writer_copy(to->writer, &apm, sizeof(apm));
	}
}

/* The section headers. */
static void write_sections(struct information *to)
{
	const struct multiboot_sections *sections = to->sections;
	struct mb1_info *info = &to->info;

	if (sections->all.count == 0)
		return;
	writer_reserve(to->writer, 0);
	info->sections = (uint32_t)multiboot_write_sections(to->writer, sections);
	info->section_count = sections->all.count;
	info->section_size = elf_section_size(sections->all.elf);
	info->section_names = sections->all.names_in;
	info->flags |= MB1_HAS_ELF_SECTIONS;
}

/* Writes the information; returns its address. */
static uint64_t write_information(const struct plan *plan,
                                  const struct multiboot_sections *sections, struct writer *writer)
{
	struct information to = { plan, sections, writer, { 0 } };
	uint64_t at = writer_reserve(writer, sizeof(to.info));

	to.info.flags =
		MB1_HAS_MEMORY | MB1_HAS_COMMAND_LINE | MB1_HAS_MEMORY_MAP | MB1_HAS_LOADER_NAME;
	to.info.command_line = write_line(&to, &plan->config->kernel);
	to.info.loader_name = (uint32_t)writer_string(writer, LOADER_NAME);
	write_modules(&to);
	write_memory(&to);
	write_bios(&to);
	write_screen(&to);
	write_vbe(&to);
	write_sections(&to);
	writer_put(writer, at, &to.info, sizeof(to.info));
	return at;
}

static bool mb1_place(struct boot *boot)
{
	return multiboot_place(&boot->plan);
}

static bool mb1_plan(struct boot *boot)
{
	struct plan *plan = &boot->plan;
	struct writer writer = writer_counting();
	struct multiboot_sections sections = multiboot_find_sections(plan->kernel);

	write_information(plan, &sections, &writer);
	if (!multiboot_plan(plan, MULTIBOOT_LOW_INFO, writer.used, &writer)
	    || !multiboot_load_sections(plan, &sections))
		return false;
	multiboot_enter(plan, MB1_ENTERED, write_information(plan, &sections, &writer));
	return true;
}

const struct protocol multiboot1_protocol = {
	PROTOCOL(multiboot, "multiboot1", struct multiboot1),
	.options = OPTION_VIDEO,
	.recognise = mb1_recognise,
	.resembles = mb1_resembles,
	.read = mb1_read,
	.requests = mb1_requests,
	.place = mb1_place,
	.plan = mb1_plan,
	.describe = mb1_describe,
};
