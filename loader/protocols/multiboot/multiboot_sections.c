/* SPDX-License-Identifier: MIT */
/*
 * multiboot_sections.c - the ELF section headers that Multiboot hands over, so that a kernel finds
 * its own symbols. Sections that no segment brings, such as symbols, strings and debug data, are
 * loaded as well, and their headers say where. Malformed headers are as none.
 */
#include "protocols/multiboot/multiboot_sections.h"

#include "core/elf/format.h"
#include "core/plan/allocate.h"

enum { SHT_NULL = 0, SHT_NOBITS = 8 };

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

/* Where in the file the bytes of section `i` are, if they are to be loaded: they are there, and no
 * segment brings them. */
static bool is_loose(struct span file, const struct multiboot_sections *sections, uint32_t i,
                     uint64_t *begin, uint64_t *end)
{
	const struct layout *layout = layout_of(sections);
	struct span header, bytes;
	uint32_t type = 0;

	span_part(sections->headers, (uint64_t)i * layout->size, layout->size, &header);
	span_read(header, 4, &type, sizeof(type));
	*begin = field(header, layout->offset, layout);
	*end = *begin + field(header, layout->bytes, layout);
	return type != SHT_NULL && type != SHT_NOBITS && *begin < *end
	    && field(header, layout->address, layout) == 0
	    && span_part(file, *begin, *end - *begin, &bytes);
}

/* The part of the file from the first to the last byte of all sections that are to be loaded. */
static struct span find_loose(struct span file, const struct multiboot_sections *sections,
                              uint64_t *at)
{
	uint64_t begin, end, last = 0;
	struct span part;

	*at = file.size;
	for (uint32_t i = 0; i < sections->count; i++) {
		if (is_loose(file, sections, i, &begin, &end)) {
			*at = min_u64(*at, begin);
			last = max_u64(last, end);
		}
	}
	span_part(file, *at, last - *at, &part);
	return part;
}

bool multiboot_load_sections(struct plan *plan, const struct multiboot_sections *sections,
                             uint8_t *headers)
{
	const struct layout *layout = layout_of(sections);
	struct placement placement = { .use = USE_BOOT_INFO };
	uint64_t first, begin, end;

	placement.from = find_loose(plan->kernel->file, sections, &first);
	if (placement.from.size == 0)
		return true;
	if (!plan_find(plan, placement.from.size, PAGE_SIZE, first, plan->machine->identity_limit,
	               &placement.phys)) {
		warn(plan->report, DIAG_SYMBOLS_LEFT_OUT, "they take %llu KiB",
		     ULL(placement.from.size / KIB));
		return true;
	}
	for (uint32_t i = 0; i < sections->count; i++) {
		uint64_t at;

		if (!is_loose(plan->kernel->file, sections, i, &begin, &end))
			continue;
		at = placement.phys.begin + (begin - first);
		memcpy(headers + (uint64_t)i * layout->size + layout->address, &at, layout->width);
	}
	return plan_add(plan, placement);
}
