/* SPDX-License-Identifier: MIT */
/*
 * multiboot_sections.c - the ELF section headers that Multiboot hands over, so that a kernel finds
 * its own symbols. Those of symbol and string tables, which no segment brings, get an address of
 * their own and bytes there. Malformed headers are as none.
 */
#include "handoff/multiboot.h"

#include "core/elf_format.h"

enum { SHT_SYMTAB = 2, SHT_STRTAB = 3 };

/* Where the fields of a section header lie in ELF32 and in ELF64. */
struct layout {
	uint8_t size, address, offset, bytes; /* of the header; and the three fields' places */
	uint8_t width;                        /* of these fields */
};

static const struct layout narrow = { 40, 12, 16, 20, 4 };
static const struct layout wide = { 64, 16, 24, 32, 8 };

/* A field of a section header, whatever its width. */
static uint64_t field(struct span header, unsigned at, const struct layout *layout)
{
	uint64_t value = 0;

	span_read(header, at, &value, layout->width);
	return value;
}

/* The layout of this file's section headers. */
static const struct layout *layout_of(const struct multiboot_sections *sections)
{
	return sections->entry_size == narrow.size ? &narrow : &wide;
}

bool multiboot_find_sections(struct span file, struct multiboot_sections *sections)
{
	struct elf_header header;
	struct elf32_header small;
	bool found;

	*sections = (struct multiboot_sections){ 0 };
	span_read(file, 0, header.ident, sizeof(header.ident));
	if (header.ident[0] != 0x7f || header.ident[1] != 'E')
		return false;
	if (header.ident[ELF_CLASS] == ELF_CLASS_32) {
		found = span_read(file, 0, &small, sizeof(small)) && small.shentsize == narrow.size
		     && span_part(file, small.shoff, (uint64_t)small.shnum * narrow.size,
		                  &sections->headers);
		sections->entry_size = narrow.size;
		sections->names = small.shstrndx;
	} else {
		found = span_read(file, 0, &header, sizeof(header)) && header.shentsize == wide.size
		     && span_part(file, header.shoff, (uint64_t)header.shnum * wide.size,
		                  &sections->headers);
		sections->entry_size = wide.size;
		sections->names = header.shstrndx;
	}
	sections->count = (uint32_t)sections->headers.size / sections->entry_size;
	return found && sections->count != 0;
}

/* The bytes of section `i` if they are to be handed over; false if not. */
static bool contents(struct span file, const struct multiboot_sections *sections, uint32_t i,
                     struct span *bytes)
{
	const struct layout *layout = layout_of(sections);
	struct span header;
	uint32_t type = 0;

	span_part(sections->headers, (uint64_t)i * layout->size, layout->size, &header);
	span_read(header, 4, &type, sizeof(type));
	return (type == SHT_SYMTAB || type == SHT_STRTAB)
	    && field(header, layout->address, layout) == 0
	    && span_part(file, field(header, layout->offset, layout),
	                 field(header, layout->bytes, layout), bytes);
}

uint64_t multiboot_sections_size(struct span file)
{
	struct multiboot_sections sections;
	struct span bytes;
	uint64_t size;

	if (!multiboot_find_sections(file, &sections))
		return 0;
	size = sections.headers.size + 64;
	for (uint32_t i = 0; i < sections.count; i++)
		size += contents(file, &sections, i, &bytes) ? bytes.size + 8 : 0;
	return size;
}

void multiboot_load_sections(struct writer *writer, const struct multiboot_sections *sections,
                             uint8_t *headers)
{
	const struct layout *layout = layout_of(sections);
	struct span bytes;

	for (uint32_t i = 0; i < sections->count; i++) {
		uint64_t at;
		void *to;

		if (!contents(writer->plan->kernel->file, sections, i, &bytes) || bytes.size == 0)
			continue;
		at = writer_reserve(writer, bytes.size, &to);
		span_read(bytes, 0, to, (size_t)bytes.size);
		memcpy(headers + (uint64_t)i * layout->size + layout->address, &at, layout->width);
	}
}
