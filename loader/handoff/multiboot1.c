/* SPDX-License-Identifier: MIT */
/* multiboot1.c - Multiboot 1 (GNU Multiboot specification 0.6.96): its header and its information.
 */
#include "handoff/multiboot.h"

#include "handoff/abi/multiboot.h"

/* Reads the header; false if there is none. What a short file has no room for is 0. */
static bool find_header(struct span file, struct mb1_header *header, uint64_t *at)
{
	if (!multiboot_find(file, MB1_MAGIC, 3, 4, MB1_SEARCH, at))
		return false;
	*header = (struct mb1_header){ 0 };
	return span_read(file, *at, header, sizeof(*header))
	    || span_read(file, *at, header, offsetof(struct mb1_header, mode_type))
	    || span_read(file, *at, header, offsetof(struct mb1_header, header_address));
}

static bool mb1_recognise(struct span file)
{
	struct mb1_header header;
	uint64_t at;

	return find_header(file, &header, &at);
}

static bool mb1_read(struct kernel *kernel, struct span file, unsigned address_bits,
                     struct report *report)
{
	struct mb1_header header;
	uint64_t at;
	uint32_t unknown;

	(void)address_bits;
	if (!find_header(file, &header, &at))
		return refuse(report, DIAG_MULTIBOOT_NO_HEADER,
		              "no Multiboot 1 header with a right checksum in the first %u bytes",
		              MB1_SEARCH);
	unknown = header.flags & MB1_REQUIRED
	        & ~(uint32_t)(MB1_ALIGN_MODULES | MB1_WANT_MEMORY | MB1_WANT_VIDEO);
	if (unknown != 0)
		return refuse(report, DIAG_MULTIBOOT_REQUIRED,
		              "flags %#x of its Multiboot 1 header", unknown);
	if ((header.flags & MB1_ADDRESSES) == 0)
		return kernel_read_physical(kernel, file, report);
	if (!multiboot_read_addresses(
		    kernel, file, at,
		    &(struct multiboot_addresses){ header.header_address, header.load_address,
	                                           header.load_end, header.bss_end },
		    report))
		return false;
	kernel->entry.at = header.entry;
	return true;
}

/* The screen that the header asks for. */
static bool mb1_wish(const struct kernel *kernel, const struct machine *machine,
                     struct order *order, struct report *report)
{
	struct mb1_header header;
	uint64_t at;

	(void)machine;
	(void)report;
	if (find_header(kernel->file, &header, &at) && (header.flags & MB1_WANT_VIDEO) != 0
	    && header.mode_type == 0)
		multiboot_wish_screen(order, header.width, header.height, header.depth);
	return true;
}

/* Bytes that the information takes at most. */
static uint64_t info_size(const struct plan *plan)
{
	const struct order *order = plan->order;
	uint64_t size = sizeof(struct mb1_info) + 64 + multiboot_line_size(&order->kernel)
	              + multiboot_sections_size(plan->kernel->file);

	size += plan->machine->firmware_count * sizeof(struct mb1_range);
	for (unsigned i = 0; i < order->module_count; i++)
		size += sizeof(struct mb1_module) + 8 + multiboot_line_size(&order->modules[i]);
	return size;
}

/* Writes a command line; returns its address. */
static uint32_t write_line(struct writer *writer, const struct file *file)
{
	uint64_t size = multiboot_line_size(file);
	void *bytes;
	uint64_t at = writer_reserve(writer, size, &bytes);

	multiboot_write_line(file, bytes, size);
	return (uint32_t)at;
}

/* The list of modules. */
static void write_modules(struct writer *writer, struct mb1_info *info)
{
	const struct plan *plan = writer->plan;
	unsigned count = plan->order->module_count;
	struct mb1_module *modules;
	void *bytes;

	info->modules = (uint32_t)writer_reserve(writer, count * sizeof(*modules), &bytes);
	info->module_count = count;
	modules = bytes;
	for (unsigned i = 0; i < count; i++) {
		struct phys_range range = multiboot_module(plan, i);

		modules[i].begin = (uint32_t)range.begin;
		modules[i].end = (uint32_t)range.end;
		modules[i].command_line = write_line(writer, &plan->order->modules[i]);
	}
}

/* The firmware's memory map: this protocol leaves it to the kernel to spare itself and its modules.
 */
static void write_memory(struct writer *writer, struct mb1_info *info)
{
	const struct machine *machine = writer->plan->machine;
	struct mb1_range *ranges;
	void *bytes;

	multiboot_memory(writer->plan, &info->memory_lower, &info->memory_upper);
	info->map_size = machine->firmware_count * (uint32_t)sizeof(*ranges);
	info->map = (uint32_t)writer_reserve(writer, info->map_size, &bytes);
	ranges = bytes;
	for (unsigned i = 0; i < machine->firmware_count; i++)
		ranges[i] =
			(struct mb1_range){ sizeof(*ranges) - sizeof(ranges[i].size),
			                    machine->firmware[i].begin, machine->firmware[i].size,
			                    multiboot_memory_type(machine->firmware[i].type) };
}

/* The screen: a framebuffer if there is one, else 80x25 cells of text. */
static void write_screen(const struct machine *machine, struct mb1_info *info)
{
	const struct screen *screen = &machine->screen;
	bool text = screen->pixels.begin == screen->pixels.end;
	uint64_t address = text ? 0xb8000 : screen->pixels.begin;

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
}

/* The section headers, with the tables that no segment brings. */
static void write_sections(struct writer *writer, struct mb1_info *info)
{
	struct multiboot_sections sections;
	void *headers;

	if (!multiboot_find_sections(writer->plan->kernel->file, &sections))
		return;
	info->sections = (uint32_t)writer_reserve(writer, sections.headers.size, &headers);
	span_read(sections.headers, 0, headers, (size_t)sections.headers.size);
	info->section_count = sections.count;
	info->section_size = sections.entry_size;
	info->section_names = sections.names;
	info->flags |= MB1_HAS_ELF_SECTIONS;
	multiboot_load_sections(writer, &sections, headers);
}

static bool mb1_plan(struct plan *plan)
{
	struct writer writer;
	struct mb1_info *info;
	void *bytes;
	uint64_t at;

	if (!multiboot_plan(plan, info_size(plan), &writer))
		return false;
	at = writer_reserve(&writer, sizeof(*info), &bytes);
	info = bytes;
	info->flags = MB1_HAS_MEMORY | MB1_HAS_BOOT_DEVICE | MB1_HAS_COMMAND_LINE | MB1_HAS_MODULES
	            | MB1_HAS_MEMORY_MAP | MB1_HAS_LOADER_NAME | MB1_HAS_FRAMEBUFFER;
	info->boot_device = plan->machine->boot_drive << 24 | 0xffffff; /* 0xff: no partition */
	info->command_line = write_line(&writer, &plan->order->kernel);
	info->loader_name = (uint32_t)writer_string(&writer, LOADER_NAME);
	write_modules(&writer, info);
	write_memory(&writer, info);
	write_screen(plan->machine, info);
	write_sections(&writer, info);
	multiboot_enter(plan, MB1_ENTERED, at);
	return true;
}

const struct protocol multiboot1_protocol = {
	.name = "multiboot1",
	.recognise = mb1_recognise,
	.read = mb1_read,
	.wish = mb1_wish,
	.place = multiboot_place,
	.plan = mb1_plan,
	.seal = multiboot_seal,
};
