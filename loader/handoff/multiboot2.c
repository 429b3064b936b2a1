/* SPDX-License-Identifier: MIT */
/* multiboot2.c - Multiboot 2 (version 2.0 of its specification): its header's tags and the
 * information's. */
#include "handoff/multiboot.h"

#include "handoff/abi/multiboot.h"

/* What the header's tags ask for. */
struct wishes {
	bool has_addresses, has_entry, has_screen;
	struct multiboot_addresses addresses;
	uint32_t entry;
	uint32_t screen[3]; /* width, height, depth; 0: any */
};

/* A header tag while it is read. */
struct tag {
	struct mb2_header_tag header;
	struct span body; /* behind the tag's first 8 bytes */
};

/* The tags of the header; false if there is none. */
static bool find_tags(struct span file, uint64_t *at, struct span *tags)
{
	struct mb2_header header;

	return multiboot_find(file, MB2_MAGIC, 4, MB2_ALIGN, MB2_SEARCH, at)
	    && span_read(file, *at, &header, sizeof(header)) && header.architecture == MB2_I386
	    && header.length >= sizeof(header)
	    && span_part(file, *at + sizeof(header), header.length - sizeof(header), tags);
}

/* The tag at *at; false at the end of the tags. *at moves to the next one. */
static bool next_tag(struct span tags, uint64_t *at, struct tag *tag)
{
	if (!span_read(tags, *at, &tag->header, sizeof(tag->header))
	    || tag->header.type == MB2_HEADER_END || tag->header.size < sizeof(tag->header)
	    || !span_part(tags, *at + sizeof(tag->header), tag->header.size - sizeof(tag->header),
	                  &tag->body))
		return false;
	*at = align_up(*at + tag->header.size, MB2_ALIGN);
	return true;
}

/* True if the loader gives information tags of this type, on this machine. */
static bool is_given(uint32_t type)
{
	static const uint32_t given[] = { MB2_COMMAND_LINE, MB2_LOADER_NAME, MB2_MODULE,
		                          MB2_MEMORY,       MB2_BOOT_DEVICE, MB2_MEMORY_MAP,
		                          MB2_FRAMEBUFFER,  MB2_RSDP_OLD,    MB2_RSDP_NEW,
		                          MB2_LOAD_BASE,    MB2_ELF_SECTIONS };

	for (unsigned i = 0; i < COUNT(given); i++) {
		if (given[i] == type)
			return true;
	}
	return false;
}

/* A list of information tags that the kernel cannot do without, unless the tag is optional. */
static bool check_information(const struct tag *tag, struct report *report)
{
	uint32_t type;

	for (uint64_t at = 0; span_read(tag->body, at, &type, sizeof(type)); at += sizeof(type)) {
		if (!is_given(type) && (tag->header.flags & MB2_OPTIONAL) == 0)
			return refuse(report, DIAG_MULTIBOOT_REQUIRED,
			              "information tag %u, which there is none of here", type);
	}
	return true;
}

/* Takes one tag in; refuses what it cannot do and may not pass over. */
static bool take_tag(const struct tag *tag, struct wishes *wishes, struct report *report)
{
	switch (tag->header.type) {
	case MB2_HEADER_INFORMATION:
		return check_information(tag, report);
	case MB2_HEADER_ADDRESSES:
		wishes->has_addresses =
			span_read(tag->body, 0, &wishes->addresses, sizeof(wishes->addresses));
		return true;
	case MB2_HEADER_ENTRY:
		wishes->has_entry = span_read(tag->body, 0, &wishes->entry, sizeof(wishes->entry));
		return true;
	case MB2_HEADER_FRAMEBUFFER:
		wishes->has_screen =
			span_read(tag->body, 0, wishes->screen, sizeof(wishes->screen));
		return true;
	case MB2_HEADER_CONSOLE:
	case MB2_HEADER_ALIGN_MODULES:
	case MB2_HEADER_EFI_SERVICES:
	case MB2_HEADER_EFI32_ENTRY:
	case MB2_HEADER_EFI64_ENTRY:
	case MB2_HEADER_RELOCATABLE:
		return true; /* done anyway, or meant for other machines */
	default:
		return (tag->header.flags & MB2_OPTIONAL) != 0
		    || refuse(report, DIAG_MULTIBOOT_REQUIRED, "header tag %u", tag->header.type);
	}
}

static bool mb2_recognise(struct span file)
{
	struct span tags;
	uint64_t at;

	return find_tags(file, &at, &tags);
}

/* Takes all tags of the header in. */
static bool read_wishes(struct span file, uint64_t *header, struct wishes *wishes,
                        struct report *report)
{
	struct span tags;
	struct tag tag;
	uint64_t at = 0;

	*wishes = (struct wishes){ 0 };
	if (!find_tags(file, header, &tags))
		return refuse(report, DIAG_MULTIBOOT_NO_HEADER,
		              "no Multiboot 2 header with a right checksum in the first %u bytes",
		              MB2_SEARCH);
	while (next_tag(tags, &at, &tag)) {
		if (!take_tag(&tag, wishes, report))
			return false;
	}
	return true;
}

static bool mb2_read(struct kernel *kernel, struct span file, unsigned address_bits,
                     struct report *report)
{
	struct wishes wishes;
	uint64_t header;

	(void)address_bits;
	if (!read_wishes(file, &header, &wishes, report))
		return false;
	if (wishes.has_addresses
	            ? !multiboot_read_addresses(kernel, file, header, &wishes.addresses, report)
	            : !kernel_read_physical(kernel, file, report))
		return false;
	if (wishes.has_entry)
		kernel->entry.at = wishes.entry;
	return true;
}

/* The screen that the header asks for. */
static bool mb2_wish(const struct kernel *kernel, const struct machine *machine,
                     struct order *order, struct report *report)
{
	struct wishes wishes;
	uint64_t header;

	(void)machine;
	if (!read_wishes(kernel->file, &header, &wishes, report))
		return false;
	if (wishes.has_screen)
		multiboot_wish_screen(order, wishes.screen[0], wishes.screen[1], wishes.screen[2]);
	return true;
}

/* Bytes that the information takes at most. */
static uint64_t info_size(const struct plan *plan)
{
	const struct order *order = plan->order;
	uint64_t size = 512 + multiboot_line_size(&order->kernel)
	              + multiboot_sections_size(plan->kernel->file);

	size += plan->machine->firmware_count * sizeof(struct mb2_range);
	for (unsigned i = 0; i < order->module_count; i++)
		size += 32 + multiboot_line_size(&order->modules[i]);
	return size;
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

	for (unsigned i = 0; i < plan->order->module_count; i++) {
		const struct file *file = &plan->order->modules[i];
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

/* Adds a copy of the ACPI root pointer, of both sizes if it has both. */
static void add_rsdp(struct writer *writer)
{
	enum { RSDP_REVISION = 15, OLD_SIZE = 20, NEW_SIZE = 36 };
	const struct machine *machine = writer->plan->machine;
	const uint8_t *rsdp = visible(machine, machine->rsdp);

	if (machine->rsdp == 0)
		return;
	memcpy(add_tag(writer, MB2_RSDP_OLD, OLD_SIZE), rsdp, OLD_SIZE);
	if (rsdp[RSDP_REVISION] >= 2)
		memcpy(add_tag(writer, MB2_RSDP_NEW, NEW_SIZE), rsdp, NEW_SIZE);
}

/* Adds the section headers; returns the copy, for the addresses that come later, or NULL. */
static uint8_t *add_sections(struct writer *writer, struct multiboot_sections *sections)
{
	uint32_t head[3];
	uint8_t *body;

	if (!multiboot_find_sections(writer->plan->kernel->file, sections))
		return NULL;
	head[0] = sections->count;
	head[1] = sections->entry_size;
	head[2] = sections->names;
	body = add_tag(writer, MB2_ELF_SECTIONS, sizeof(head) + sections->headers.size);
	memcpy(body, head, sizeof(head));
	span_read(sections->headers, 0, body + sizeof(head), (size_t)sections->headers.size);
	return body + sizeof(head);
}

static bool mb2_plan(struct plan *plan)
{
	uint32_t device[3] = { plan->machine->boot_drive, UINT32_MAX, UINT32_MAX };
	uint32_t base = (uint32_t)plan->kernel->virt.begin;
	const struct file *kernel = &plan->order->kernel;
	uint64_t line = multiboot_line_size(kernel);
	struct multiboot_sections sections;
	struct writer writer;
	uint8_t *headers;
	uint32_t *total;
	void *bytes;
	uint64_t at;

	if (!multiboot_plan(plan, info_size(plan), &writer))
		return false;
	at = writer_reserve(&writer, 8, &bytes);
	total = bytes;
	multiboot_write_line(kernel, add_tag(&writer, MB2_COMMAND_LINE, line), line);
	memcpy(add_tag(&writer, MB2_LOADER_NAME, sizeof(LOADER_NAME)), LOADER_NAME,
	       sizeof(LOADER_NAME));
	add_modules(&writer);
	add_memory(&writer);
	memcpy(add_tag(&writer, MB2_BOOT_DEVICE, sizeof(device)), device, sizeof(device));
	add_screen(&writer);
	add_rsdp(&writer);
	memcpy(add_tag(&writer, MB2_LOAD_BASE, sizeof(base)), &base, sizeof(base));
	headers = add_sections(&writer, &sections);
	add_tag(&writer, MB2_END, 0);
	*total = (uint32_t)writer.used;
	if (headers != NULL)
		multiboot_load_sections(&writer, &sections, headers);
	multiboot_enter(plan, MB2_ENTERED, at);
	return true;
}

const struct protocol multiboot2_protocol = {
	.name = "multiboot2",
	.recognise = mb2_recognise,
	.read = mb2_read,
	.wish = mb2_wish,
	.place = multiboot_place,
	.plan = mb2_plan,
	.seal = multiboot_seal,
};
