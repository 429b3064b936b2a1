/* SPDX-License-Identifier: MIT */
/* multiboot2.c - Multiboot 2 (version 2.0 of its specification): what the kernel is told, tag by
 * tag.
 */
#include "protocols/multiboot/multiboot2.h"

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

/* Bytes that the information takes at most. */
static uint64_t info_size(const struct plan *plan)
{
	const struct config *config = plan->config;
	struct sections sections;
	uint64_t size = 2048 + multiboot_line_size(&config->kernel);

	size += plan->machine->firmware_count * sizeof(struct mb2_range);
	for (unsigned i = 0; i < config->module_count; i++)
		size += 32 + multiboot_line_size(&config->modules[i]);
	sections_find(&plan->kernel->elf, &sections);
	return size + sections.headers.size;
}

/* Adds a tag with a body of `size` bytes, which it returns. */
static void *add_tag(struct writer *writer, enum mb2_tag_type type, uint64_t size)
{
	void *bytes;
	struct mb2_tag *tag;

	writer_reserve(writer, sizeof(*tag) + size, &bytes);
	tag = bytes;
	tag->type = type;
	tag->size = (uint32_t)(sizeof(*tag) + size);
	return tag + 1;
}

/* Adds a tag for each module: begin, end, and its command line. */
static void add_modules(struct writer *writer)
{
	const struct plan *plan = writer->plan;

	for (unsigned i = 0; i < plan->config->module_count; i++) {
		const struct file *file = &plan->config->modules[i];
		struct phys_range range = multiboot_module(plan, i);
		uint32_t bounds[2] = { (uint32_t)range.begin, (uint32_t)range.end };
		uint64_t size = multiboot_line_size(file);
		uint8_t *body = add_tag(writer, MB2_MODULE, sizeof(bounds) + size);

		memcpy(body, bounds, sizeof(bounds));
		multiboot_write_line(file, (char *)body + sizeof(bounds), size);
	}
}

/* Adds the amounts of memory and the firmware's map. */
static void add_memory(struct writer *writer)
{
	const struct machine *machine = writer->plan->machine;
	uint64_t size = machine->firmware_count * sizeof(struct mb2_range);
	uint32_t amounts[2],
		head[2] = { sizeof(struct mb2_range), 0 }; /* entry's size and version */
	uint8_t *body;

	multiboot_memory(writer->plan, &amounts[0], &amounts[1]);
	memcpy(add_tag(writer, MB2_MEMORY, sizeof(amounts)), amounts, sizeof(amounts));
	body = add_tag(writer, MB2_MEMORY_MAP, sizeof(head) + size);
	memcpy(body, head, sizeof(head));
	body += sizeof(head);
	for (unsigned i = 0; i < machine->firmware_count; i++) {
		struct mb2_range range = { machine->firmware[i].begin, machine->firmware[i].size,
			                   multiboot_memory_type(machine->firmware[i].type), 0 };

		memcpy(body + i * sizeof(range), &range, sizeof(range));
	}
}

/* Adds the screen: a framebuffer if there is one, else 80x25 cells of text. */
static void add_screen(struct writer *writer)
{
	const struct screen *screen = &writer->plan->machine->screen;
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

	if (screen->pixels.begin == screen->pixels.end)
		framebuffer = (struct mb2_framebuffer){ .address = 0xb8000,
			                                .pitch = 160,
			                                .width = 80,
			                                .height = 25,
			                                .bits = 16,
			                                .type = MB_FRAMEBUFFER_TEXT };
	memcpy(add_tag(writer, MB2_FRAMEBUFFER, sizeof(framebuffer)), &framebuffer,
	       sizeof(framebuffer));
}

/* Adds what the VGA BIOS said, if the screen is in one of its modes. */
static void add_vbe(struct writer *writer)
{
	const struct machine *machine = writer->plan->machine;
	const struct vbe *vbe = &machine->vbe;
	struct mb2_vbe *body;

	if (vbe->mode.size == 0)
		return;
	body = add_tag(writer, MB2_VBE, sizeof(*body));
	body->mode = (uint16_t)(machine->screen_mode | MB_VBE_LINEAR);
	body->interface_segment = vbe->interface_segment;
	body->interface_offset = vbe->interface_offset;
	body->interface_size = vbe->interface_size;
	span_read(vbe->control, 0, body->control, sizeof(body->control));
	span_read(vbe->mode, 0, body->mode_info, sizeof(body->mode_info));
}

/* Adds what the BIOS knows of the drive, and of power. */
static void add_bios(struct writer *writer)
{
	const struct machine *machine = writer->plan->machine;
	uint32_t device[3] = { machine->boot_drive, UINT32_MAX, UINT32_MAX }; /* no partition */
	struct mb_apm apm;

	if (!machine->network)
		memcpy(add_tag(writer, MB2_BOOT_DEVICE, sizeof(device)), device, sizeof(device));
	if (multiboot_apm(machine, &apm))
		memcpy(add_tag(writer, MB2_APM, sizeof(apm)), &apm, sizeof(apm));
}

/* Adds a copy of the ACPI root pointer, of both sizes if it has both. */
static void add_rsdp(struct writer *writer)
{
	enum { REVISION = 15, OLD_SIZE = 20, NEW_SIZE = 36 };
	const struct machine *machine = writer->plan->machine;
	struct span old = memory_at(machine, machine->rsdp, OLD_SIZE);
	struct span new = memory_at(machine, machine->rsdp, NEW_SIZE);
	uint8_t revision;

	if (old.size != 0)
		span_read(old, 0, add_tag(writer, MB2_RSDP_OLD, OLD_SIZE), OLD_SIZE);
	if (span_read(new, REVISION, &revision, sizeof(revision)) && revision >= 2)
		span_read(new, 0, add_tag(writer, MB2_RSDP_NEW, NEW_SIZE), NEW_SIZE);
}

/* Adds a copy of an SMBIOS entry point, whose size stands at `size_at` and its version behind it.
 * The specification speaks of a copy of the tables; loaders copy what leads to them, and kernels
 * have learned to expect that. */
static void add_smbios(struct writer *writer, uint64_t at, unsigned size_at)
{
	const struct machine *machine = writer->plan->machine;
	struct span head = memory_at(machine, at, size_at + 3);
	struct mb2_smbios *body;
	uint8_t size;

	if (!span_read(head, size_at, &size, sizeof(size)))
		return;
	body = add_tag(writer, MB2_SMBIOS, sizeof(*body) + size);
	span_read(head, size_at + 1, &body->major, 1);
	span_read(head, size_at + 2, &body->minor, 1);
	span_read(memory_at(machine, at, size), 0, body + 1, size);
}

/* Adds where the kernel lies. */
static void add_load_base(struct writer *writer)
{
	const struct plan *plan = writer->plan;
	uint32_t base = (uint32_t)(plan->kernel->segments[0].virt.begin + plan->slide);

	memcpy(add_tag(writer, MB2_LOAD_BASE, sizeof(base)), &base, sizeof(base));
}

/* Adds the section headers, and loads the sections that no segment brings. */
static bool add_sections(struct writer *writer)
{
	struct sections sections;
	uint32_t head[3];
	uint8_t *body;

	sections_find(&writer->plan->kernel->elf, &sections);
	if (sections.count == 0)
		return true;
	head[0] = sections.count;
	head[1] = elf_section_size(sections.elf);
	head[2] = sections.names_in;
	body = add_tag(writer, MB2_ELF_SECTIONS, sizeof(head) + sections.headers.size);
	memcpy(body, head, sizeof(head));
	body += sizeof(head);
	span_read(sections.headers, 0, body, (size_t)sections.headers.size);
	return multiboot_load_sections(writer->plan, &sections, body);
}

/* A kernel that says it needs a console must be able to use the screen as it is (3.1.9). */
static bool check_console(const struct plan *plan, const struct mb2_requests *requests)
{
	const struct screen *screen = &plan->machine->screen;
	bool text = screen->pixels.begin == screen->pixels.end;
	bool usable = text ? (requests->console & MB2_CONSOLE_TEXT) != 0
	                   : mb2_has(requests, MB2_HEADER_FRAMEBUFFER);

	return (requests->console & MB2_CONSOLE_REQUIRED) == 0 || usable
	    || refuse(plan->report, DIAG_MULTIBOOT_REQUIRED,
	              "a console: the screen is in %s mode, which its header does not say that it "
	              "can use",
	              text ? "text" : "graphics");
}

static bool mb2_plan(struct boot *boot)
{
	struct plan *plan = &boot->plan;
	const struct file *kernel = &plan->config->kernel;
	uint64_t line = multiboot_line_size(kernel);
	const struct mb2_requests *requests = requests_of(boot);
	struct writer writer;
	uint32_t *total;
	void *bytes;
	uint64_t at;

	if (!check_console(plan, requests) || !multiboot_plan(plan, info_size(plan), &writer))
		return false;
	at = writer_reserve(&writer, 8, &bytes);
	total = bytes;
	multiboot_write_line(kernel, add_tag(&writer, MB2_COMMAND_LINE, line), line);
	memcpy(add_tag(&writer, MB2_LOADER_NAME, sizeof(LOADER_NAME)), LOADER_NAME,
	       sizeof(LOADER_NAME));
	add_modules(&writer);
	add_memory(&writer);
	add_screen(&writer);
	add_vbe(&writer);
	add_bios(&writer);
	add_rsdp(&writer);
	add_smbios(&writer, plan->machine->smbios, 5);
	add_smbios(&writer, plan->machine->smbios3, 6);
	if (mb2_has(requests, MB2_HEADER_RELOCATABLE))
		add_load_base(&writer);
	if (!add_sections(&writer))
		return false;
	add_tag(&writer, MB2_END, 0);
	*total = (uint32_t)writer.used;
	multiboot_enter(plan, MB2_ENTERED, at);
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
