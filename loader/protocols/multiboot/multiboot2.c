/* SPDX-License-Identifier: MIT */
/* multiboot2.c - Multiboot 2 (version 2.0 of its specification): what the kernel gets, tag by
 * tag.
 */
#include "protocols/multiboot/multiboot2.h"

#include "core/palette.h"
#include "core/version.h"
#include "protocols/multiboot/multiboot.h"
#include "protocols/multiboot/multiboot2_header.h"
#include "protocols/multiboot/multiboot_place.h"
#include "protocols/multiboot/multiboot_sections.h"

static bool mb2_recognise(struct span file)
{
	uint64_t at;

	return multiboot_find(file, &multiboot_version_2, &at);
}

static bool mb2_resembles(struct span file)
{
	return multiboot_resembles(file, &multiboot_version_2);
}

/* The protocol's own part of a boot: what the kernel asks for. */
static struct mb2_requests *requests_of(struct boot *boot)
{
	return (void *)boot->state;
}

static bool mb2_read(struct boot *boot)
{
	struct span file = boot->config->kernel.bytes;
	struct mb2_requests *requests = requests_of(boot);
	uint64_t at;

	if (!multiboot_find(file, &multiboot_version_2, &at))
		return multiboot_refuse(file, &multiboot_version_2, boot->report);
	return mb2_read_requests(requests, file, at, boot->report)
	    && multiboot_read(&boot->kernel, file, &requests->image, boot->report);
}

/* The screen that the header asks for. */
static bool mb2_want(struct boot *boot)
{
	const struct mb2_requests *requests = requests_of(boot);

	multiboot_request(boot->config);
	if (mb2_has(requests, MB2_HEADER_FRAMEBUFFER))
		multiboot_request_screen(boot->config, requests->screen[0], requests->screen[1],
		                         requests->screen[2]);
	return true;
}

static bool mb2_place(struct boot *boot)
{
	const struct mb2_requests *requests = requests_of(boot);

	return (!mb2_has(requests, MB2_HEADER_RELOCATABLE)
	        || multiboot_move(&boot->plan, &requests->place))
	    && multiboot_place(&boot->plan);
}

/* Begins a tag; its body is appended then. Returns its address. */
static uint64_t begin_tag(struct writer *writer)
{
	return writer_reserve(writer, sizeof(struct mb2_tag));
}

/* Ends the tag that begins at `at`, after its body. */
static void end_tag(struct writer *writer, uint64_t at, enum mb2_tag_type type)
{
	struct mb2_tag tag = { type, (uint32_t)(writer->window + writer->used - at) };

	writer_put(writer, at, &tag, sizeof(tag));
}

/* Adds a tag with a body of `size` bytes. */
static void add_tag(struct writer *writer, enum mb2_tag_type type, const void *body, uint64_t size)
{
	uint64_t at = begin_tag(writer);

	writer_append(writer, body, size);
	end_tag(writer, at, type);
}

/* Adds a tag for each module: begin, end, and its command line. */
static void add_modules(struct writer *writer, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->config->module_count; i++) {
		struct phys_range range = multiboot_module(plan, i);
		uint32_t bounds[2] = { (uint32_t)range.begin, (uint32_t)range.end };
		uint64_t at = begin_tag(writer);

		writer_append(writer, bounds, sizeof(bounds));
		multiboot_write_line(writer, &plan->config->modules[i]);
		end_tag(writer, at, MB2_MODULE);
	}
}

/* Adds the amounts of memory and the firmware's map. */
static void add_memory(struct writer *writer, const struct plan *plan)
{
	const struct machine *machine = plan->machine;
	struct mb2_range range = { .reserved = 0 };
	uint32_t amounts[2], head[2] = { sizeof(range), 0 }; /* entry's size and version */
	uint64_t at;

	multiboot_memory(plan, &amounts[0], &amounts[1]);
	add_tag(writer, MB2_MEMORY, amounts, sizeof(amounts));
	at = begin_tag(writer);
	writer_append(writer, head, sizeof(head));
	for (unsigned i = 0; i < machine->firmware_count; i++) {
		const struct firmware_range *from = &machine->firmware[i];

		range.begin = from->phys.begin;
		range.length = from->phys.end - from->phys.begin;
		range.type = multiboot_memory_type(from->type);
		writer_append(writer, &range, sizeof(range));
	}
	end_tag(writer, at, MB2_MEMORY_MAP);
}

/* Adds a screen with a palette. */
static void add_palette(struct writer *writer, struct mb2_framebuffer *framebuffer)
{
	uint16_t count = PALETTE_COLOURS;
	uint64_t at = begin_tag(writer);

	framebuffer->type = MB_FRAMEBUFFER_INDEXED;
	writer_append(writer, framebuffer, MB2_COLOURS);
	writer_append(writer, &count, sizeof(count));
	multiboot_write_palette(writer);
	end_tag(writer, at, MB2_FRAMEBUFFER);
}

/* Adds the screen, if there is one: a framebuffer, or 80x25 cells of text. */
static void add_screen(struct writer *writer, const struct display *display)
{
	const struct screen *screen = &display->screen;
	struct mb2_framebuffer framebuffer = {
		.address = screen->pixels.begin,
		.pitch = screen->pitch,
		.width = screen->width,
		.height = screen->height,
		.bits = (uint8_t)screen->bits_per_pixel,
		.type = MB_FRAMEBUFFER_RGB,
		.red_shift = screen->red_shift,
		.red_bits = screen->red_bits,
		.green_shift = screen->green_shift,
		.green_bits = screen->green_bits,
		.blue_shift = screen->blue_shift,
		.blue_bits = screen->blue_bits,
	};

	if (display->kind == DISPLAY_NONE)
		return;
	if (display->kind == DISPLAY_VGA_TEXT)
		framebuffer = (struct mb2_framebuffer){ .address = VGA_TEXT,
			                                .pitch = 160,
			                                .width = 80,
			                                .height = 25,
			                                .bits = 16,
			                                .type = MB_FRAMEBUFFER_TEXT };
	if (screen->bits_per_pixel == PALETTE_BITS)
		add_palette(writer, &framebuffer);
	else
		add_tag(writer, MB2_FRAMEBUFFER, &framebuffer, sizeof(framebuffer));
}

/* Adds the VBE information, if the screen is in a VBE mode. */
static void add_vbe(struct writer *writer, const struct vbe *vbe)
{
	struct mb2_vbe body = { .mode = (uint16_t)(vbe->number | MB_VBE_LINEAR),
		                .interface_segment = vbe->interface_segment,
		                .interface_offset = vbe->interface_offset,
		                .interface_size = vbe->interface_size };

	if (vbe->mode.size == 0)
		return;
	span_read(vbe->control, 0, body.control, sizeof(body.control));
	span_read(vbe->mode, 0, body.mode_info, sizeof(body.mode_info));
	add_tag(writer, MB2_VBE, &body, sizeof(body));
}

/* Adds the BIOS's drive number and APM table. */
static void add_bios(struct writer *writer, const struct machine *machine)
{
	uint32_t device[3] = { 0, UINT32_MAX, UINT32_MAX }; /* no partition */
	struct mb_apm apm;

	if (multiboot_has_drive(machine)) {
		device[0] = machine->bios->drive;
		add_tag(writer, MB2_BOOT_DEVICE, device, sizeof(device));
	}
	if (multiboot_apm(machine, &apm))
		add_tag(writer, MB2_APM, &apm, sizeof(apm));
}

/* Adds what remains of UEFI. Boot services have ended, so there is no tag 18 (3.6.17), and the
 * memory map is the final one. */
static void add_efi(struct writer *writer, const struct efi *efi)
{
	uint32_t head[2] = { efi->descriptor_size, efi->descriptor_version };
	uint64_t at;

	add_tag(writer, MB2_EFI64, &efi->system_table, sizeof(efi->system_table));
	add_tag(writer, MB2_EFI64_IMAGE, &efi->image_handle, sizeof(efi->image_handle));
	at = begin_tag(writer);
	writer_append(writer, head, sizeof(head));
	writer_append(writer, efi->memory_map.bytes, efi->memory_map.size);
	end_tag(writer, at, MB2_EFI_MEMORY_MAP);
}

/* Adds a copy of the ACPI root pointer, of both sizes if it has both. */
static void add_rsdp(struct writer *writer, const struct machine *machine)
{
	enum { REVISION = 15, OLD_SIZE = 20, NEW_SIZE = 36 };
	struct span old = memory_at(machine, machine->rsdp, OLD_SIZE);
	struct span new = memory_at(machine, machine->rsdp, NEW_SIZE);
	uint8_t revision;

	if (old.size != 0)
		add_tag(writer, MB2_RSDP_OLD, old.bytes, OLD_SIZE);
	if (span_read(new, REVISION, &revision, sizeof(revision)) && revision >= 2)
		add_tag(writer, MB2_RSDP_NEW, new.bytes, NEW_SIZE);
}

/*
 * Adds a copy of an SMBIOS entry point, which has its size at `size_at` and its version after that.
 * The specification calls this a copy of the tables, but loaders copy the entry point, and kernels
 * expect that.
 */
static void add_smbios(struct writer *writer, const struct machine *machine, uint64_t at,
                       unsigned size_at)
{
	struct span head = memory_at(machine, at, size_at + 3), entry;
	struct mb2_smbios body = { 0 };
	uint64_t tag;
	uint8_t size;

	if (!span_read(head, size_at, &size, sizeof(size)))
		return;
	span_read(head, size_at + 1, &body.major, 1);
	span_read(head, size_at + 2, &body.minor, 1);
	entry = memory_at(machine, at, size);
	tag = begin_tag(writer);
	writer_append(writer, &body, sizeof(body));
	writer_append(writer, entry.bytes, entry.size);
	end_tag(writer, tag, MB2_SMBIOS);
}

/* Adds the address that the kernel was loaded at. */
static void add_load_base(struct writer *writer, const struct plan *plan)
{
	uint32_t base = (uint32_t)(plan->kernel->segments[0].virt.begin + plan->slide);

	add_tag(writer, MB2_LOAD_BASE, &base, sizeof(base));
}

/* Adds the section headers. */
static void add_sections(struct writer *writer, const struct multiboot_sections *sections)
{
	uint32_t head[3] = { sections->all.count, elf_section_size(sections->all.elf),
		             sections->all.names_in };
	uint64_t at;

	if (sections->all.count == 0)
		return;
	at = begin_tag(writer);
	writer_append(writer, head, sizeof(head));
	multiboot_write_sections(writer, sections);
	end_tag(writer, at, MB2_ELF_SECTIONS);
}

/* A kernel that says it needs a console must be able to use the screen as it is (3.1.9). */
static bool check_console(const struct plan *plan, const struct mb2_requests *requests)
{
	bool usable[] = {
		[DISPLAY_NONE] = false,
		[DISPLAY_VGA_TEXT] = (requests->console & MB2_CONSOLE_TEXT) != 0,
		[DISPLAY_FRAMEBUFFER] = mb2_has(requests, MB2_HEADER_FRAMEBUFFER),
	};
	static const char *const words[] = {
		[DISPLAY_NONE] = "there is no screen",
		[DISPLAY_VGA_TEXT] = "the screen is in text mode, which its header does not say "
				     "that it can use",
		[DISPLAY_FRAMEBUFFER] = "the screen is in graphics mode, which its header does not "
					"say that it can use",
	};
	enum display_kind kind = plan->machine->display.kind;

	return (requests->console & MB2_CONSOLE_REQUIRED) == 0 || usable[kind]
	    || refuse(plan->report, DIAG_MULTIBOOT_REQUIRED, "a console: %s", words[kind]);
}

/* Writes the information; returns its address. */
static uint64_t write_information(const struct plan *plan, const struct mb2_requests *requests,
                                  const struct multiboot_sections *sections, struct writer *writer)
{
	const struct machine *machine = plan->machine;
	uint32_t total[2] = { 0 }; /* the size of all tags, and a word that is reserved */
	uint64_t at = writer_reserve(writer, sizeof(total)), line = begin_tag(writer);

	multiboot_write_line(writer, &plan->config->kernel);
	end_tag(writer, line, MB2_COMMAND_LINE);
	add_tag(writer, MB2_LOADER_NAME, LOADER_NAME, sizeof(LOADER_NAME));
	add_modules(writer, plan);
	add_memory(writer, plan);
	add_screen(writer, &machine->display);
	if (machine->bios != NULL)
		add_vbe(writer, &machine->bios->vbe);
	add_bios(writer, machine);
	if (machine->efi != NULL)
		add_efi(writer, machine->efi);
	add_rsdp(writer, machine);
	add_smbios(writer, machine, machine->smbios, 5);
	add_smbios(writer, machine, machine->smbios3, 6);
	if (mb2_has(requests, MB2_HEADER_RELOCATABLE))
		add_load_base(writer, plan);
	add_sections(writer, sections);
	add_tag(writer, MB2_END, NULL, 0);
	total[0] = (uint32_t)writer->used;
	writer_put(writer, at, total, sizeof(total));
	return at;
}

static bool mb2_plan(struct boot *boot)
{
	const struct mb2_requests *requests = requests_of(boot);
	struct plan *plan = &boot->plan;
	struct writer writer = writer_counting();
	struct multiboot_sections sections = multiboot_find_sections(plan->kernel);

	if (!check_console(plan, requests))
		return false;
	write_information(plan, requests, &sections, &writer);
	if (!multiboot_plan(plan, MIB, writer.used, &writer)
	    || !multiboot_load_sections(plan, &sections))
		return false;
	multiboot_enter(plan, MB2_ENTERED, write_information(plan, requests, &sections, &writer));
	return true;
}

const struct protocol multiboot2_protocol = {
	PROTOCOL(multiboot, "multiboot2", struct mb2_requests),
	.options = OPTION_VIDEO,
	.recognise = mb2_recognise,
	.resembles = mb2_resembles,
	.read = mb2_read,
	.requests = mb2_want,
	.place = mb2_place,
	.plan = mb2_plan,
	.describe = mb2_describe,
};
