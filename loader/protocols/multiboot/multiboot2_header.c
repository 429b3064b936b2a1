/* SPDX-License-Identifier: MIT */
/* multiboot2_header.c - see multiboot2_header.h; the sections are those of the specification. */
#include "protocols/multiboot/multiboot2_header.h"

/* A tag while it is read. */
struct tag {
	struct mb2_header_tag header;
	uint64_t at;      /* offset in the file, for messages */
	struct span body; /* after the tag's first 8 bytes */
};

/* The tags that there are, and where the requests keep their contents. */
static const struct {
	char name[24];
	uint8_t size, to;
} known[] = {
	[MB2_HEADER_END] = { "end", 0, 0 },
	[MB2_HEADER_INFORMATION] = { "information request", 0, 0 },
	[MB2_HEADER_ADDRESSES] = { "address", sizeof(struct multiboot_addresses),
	                           offsetof(struct mb2_requests, image.addresses) },
	[MB2_HEADER_ENTRY] = { "entry address", 4, offsetof(struct mb2_requests, image.entry) },
	[MB2_HEADER_CONSOLE] = { "console flags", 4, offsetof(struct mb2_requests, console) },
	[MB2_HEADER_FRAMEBUFFER] = { "framebuffer", 12, offsetof(struct mb2_requests, screen) },
	[MB2_HEADER_ALIGN_MODULES] = { "module alignment", 0, 0 },
	[MB2_HEADER_EFI_SERVICES] = { "EFI boot services", 0, 0 },
	[MB2_HEADER_EFI32_ENTRY] = { "EFI i386 entry address", 0, 0 },
	[MB2_HEADER_EFI64_ENTRY] = { "EFI amd64 entry address", 0, 0 },
	[MB2_HEADER_RELOCATABLE] = { "relocatable", sizeof(struct mb2_relocatable),
	                             offsetof(struct mb2_requests, place) },
};

/* What the kernel can ask to be told (3.6). */
static const char information[][26] = {
	[MB2_END] = "end",
	[MB2_COMMAND_LINE] = "command line",
	[MB2_LOADER_NAME] = "loader's name",
	[MB2_MODULE] = "modules",
	[MB2_MEMORY] = "amounts of memory",
	[MB2_BOOT_DEVICE] = "boot device",
	[MB2_MEMORY_MAP] = "memory map",
	[MB2_VBE] = "VBE information",
	[MB2_FRAMEBUFFER] = "framebuffer",
	[MB2_ELF_SECTIONS] = "ELF sections",
	[MB2_APM] = "APM table",
	[MB2_EFI32] = "EFI 32-bit system table",
	[MB2_EFI64] = "EFI 64-bit system table",
	[MB2_SMBIOS] = "SMBIOS tables",
	[MB2_RSDP_OLD] = "ACPI 1.0 root pointer",
	[MB2_RSDP_NEW] = "ACPI 2.0 root pointer",
	[MB2_NETWORK] = "network configuration",
	[MB2_EFI_MEMORY_MAP] = "EFI memory map",
	[MB2_EFI_SERVICES] = "EFI boot services",
	[MB2_EFI32_IMAGE] = "EFI 32-bit image handle",
	[MB2_EFI64_IMAGE] = "EFI 64-bit image handle",
	[MB2_LOAD_BASE] = "load address",
};
_Static_assert(COUNT(information) == MB2_TAG_TYPES, "each has a name");

/* The header's tags as *tags. */
static bool find_tags(struct span file, uint64_t at, struct span *tags, struct report *report)
{
	struct mb2_header header;

	span_read(file, at, &header, sizeof(header));
	if (header.architecture != MB2_I386)
		return refuse(report, DIAG_MULTIBOOT_ARCHITECTURE,
		              "the header at byte %#llx of the file says %u%s, not 0 (i386)",
		              ULL(at), header.architecture,
		              header.architecture == MB2_MIPS ? " (MIPS)" : "");
	if (header.length < sizeof(header)
	    || !span_part(file, at + sizeof(header), header.length - sizeof(header), tags))
		return refuse(report, DIAG_MULTIBOOT_TAGS,
		              "the header at byte %#llx says that it has %u bytes; it begins with "
		              "%zu, and the file has %llu from there on",
		              ULL(at), header.length, sizeof(header), ULL(file.size - at));
	return true;
}

/* True if the tag may be ignored. */
static bool is_optional(const struct tag *tag)
{
	return (tag->header.flags & MB2_OPTIONAL) != 0;
}

/* The tag at *at; false at the end of the tags, even without an end tag. */
static bool next_tag(struct span tags, uint64_t *at, struct tag *tag)
{
	tag->at = *at;
	if (!span_read(tags, *at, &tag->header, sizeof(tag->header))
	    || tag->header.type == MB2_HEADER_END)
		return false;
	span_part(tags, *at + sizeof(tag->header), (uint64_t)tag->header.size - sizeof(tag->header),
	          &tag->body);
	*at = align_up(*at + tag->header.size, MB2_ALIGN);
	return true;
}

/* 3.1.4: only information that the specification defines is provided, if it exists. */
static bool check_information(const struct tag *tag, struct report *report)
{
	uint32_t type;

	for (uint64_t at = 0; span_read(tag->body, at, &type, sizeof(type)); at += sizeof(type)) {
		if (type >= MB2_TAG_TYPES && !is_optional(tag))
			return refuse(report, DIAG_MULTIBOOT_REQUIRED,
			              "information of type %u, which Multiboot 2.0 does not define "
			              "(its last is %u, the %s)",
			              type, MB2_LOAD_BASE, information[MB2_LOAD_BASE]);
	}
	return true;
}

/* Reads one tag. */
static bool take_tag(const struct tag *tag, struct mb2_requests *requests, struct report *report)
{
	unsigned type = tag->header.type;
	uint64_t at = requests->image.header + sizeof(struct mb2_header) + tag->at;

	if (tag->header.size < sizeof(tag->header)
	    || tag->body.size != tag->header.size - sizeof(tag->header))
		return refuse(report, DIAG_MULTIBOOT_TAGS,
		              "the tag of type %u at byte %#llx says that it has %u bytes; it must "
		              "have at least %zu, and end before the header does",
		              type, ULL(at), tag->header.size, sizeof(tag->header));
	if (type >= COUNT(known))
		return is_optional(tag)
		    || refuse(report, DIAG_MULTIBOOT_REQUIRED,
		              "a header tag of type %u, which Multiboot 2.0 does not define "
		              "(its last is %u, the %s tag)",
		              type, MB2_HEADER_RELOCATABLE, known[MB2_HEADER_RELOCATABLE].name);
	if (!span_read(tag->body, 0, (uint8_t *)requests + known[type].to, known[type].size))
		return refuse(report, DIAG_MULTIBOOT_TAGS,
		              "the %s tag at byte %#llx has %u bytes, not %zu", known[type].name,
		              ULL(at), tag->header.size, sizeof(tag->header) + known[type].size);
	requests->tags |= UINT32_C(1) << type;
	return type != MB2_HEADER_INFORMATION || check_information(tag, report);
}

bool mb2_read_requests(struct mb2_requests *requests, struct span file, uint64_t header,
                       struct report *report)
{
	struct span tags;
	struct tag tag;
	uint64_t at = 0;

	*requests = (struct mb2_requests){ .image = { .header = header } };
	if (!find_tags(file, header, &tags, report))
		return false;
	while (next_tag(tags, &at, &tag)) {
		if (!take_tag(&tag, requests, report))
			return false;
	}
	requests->image.has_addresses = mb2_has(requests, MB2_HEADER_ADDRESSES);
	requests->image.has_entry = mb2_has(requests, MB2_HEADER_ENTRY);
	if (requests->place.align == 0)
		requests->place.align = 1;
	return is_power_of_two(requests->place.align)
	    || refuse(report, DIAG_MULTIBOOT_TAGS,
	              "the relocatable tag asks for a multiple of %#x, which is not a power of two",
	              requests->place.align);
}

/* Words a request for information, type by type. */
static void describe_information(const struct tag *tag, struct text *text)
{
	uint32_t type;

	for (uint64_t at = 0; span_read(tag->body, at, &type, sizeof(type)); at += sizeof(type)) {
		if (type >= MB2_TAG_TYPES)
			text_add(text, "\ninformation of type %u (unknown)", type);
		else
			text_add(text, "\n%s%s%s", information[type],
			         is_optional(tag) ? ", optional" : "",
			         information[type][0] == 'E' && information[type][1] == 'F'
			                 ? " (with a BIOS there is none)"
			                 : "");
	}
}

/* Words where the kernel may go. */
static void describe_place(const struct mb2_relocatable *place, struct text *text)
{
	static const char *const preferences[] = { "", ", as low as possible",
		                                   ", as high as possible" };

	text_add(text, "\nany place in %#x-%#x, at a multiple of %#x%s", place->lowest,
	         place->highest, place->align,
	         place->preference < COUNT(preferences) ? preferences[place->preference] : "");
}

/* Words a tag that is not a request for information. */
static void describe_tag(const struct mb2_requests *requests, unsigned type, struct text *text)
{
	const struct multiboot_addresses *addresses = &requests->image.addresses;
	const uint32_t *screen = requests->screen;

	switch (type) {
	case MB2_HEADER_ADDRESSES:
		text_add(text, "\nits header at %#x, its file at %#x-%#x, zeros to %#x",
		         addresses->header_address, addresses->load_address, addresses->load_end,
		         addresses->bss_end);
		break;
	case MB2_HEADER_ENTRY:
		text_add(text, "\nits entry at %#x", requests->image.entry);
		break;
	case MB2_HEADER_CONSOLE:
		text_add(text, "\na console%s%s",
		         (requests->console & MB2_CONSOLE_REQUIRED) != 0 ? ", required" : "",
		         (requests->console & MB2_CONSOLE_TEXT) != 0 ? "; text mode will do" : "");
		break;
	case MB2_HEADER_FRAMEBUFFER:
		multiboot_describe_screen(text, screen[0], screen[1], screen[2]);
		break;
	case MB2_HEADER_ALIGN_MODULES:
		text_add(text, "\nmodules on page boundaries");
		break;
	case MB2_HEADER_RELOCATABLE:
		describe_place(&requests->place, text);
		break;
	default:
		if (type < COUNT(known))
			text_add(text, "\n%s (of no use with a BIOS)", known[type].name);
		else
			text_add(text, "\nan unknown tag, optional (type %u)", type);
	}
}

void mb2_describe(const struct boot *boot, struct text *text)
{
	const struct mb2_requests *requests = (const void *)boot->state;
	const struct kernel *kernel = &boot->kernel;
	struct report unused = { 0 };
	struct span tags;
	struct tag tag;
	uint64_t at = 0;

	if (!find_tags(kernel->elf.file, kernel->header, &tags, &unused))
		return;
	text_add(text, "the header of %llu bytes at byte %#llx of the file",
	         ULL(tags.size + sizeof(struct mb2_header)), ULL(kernel->header));
	while (next_tag(tags, &at, &tag)) {
		if (tag.header.type == MB2_HEADER_INFORMATION)
			describe_information(&tag, text);
		else
			describe_tag(requests, tag.header.type, text);
	}
}
