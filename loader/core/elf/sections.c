/* SPDX-License-Identifier: MIT */
/* sections.c - the only reader of section headers, their names and their bytes. */
#include "core/elf/sections.h"

/* Section header number `number`, which begins at byte `at` of the bytes. */
static bool read_header(const struct elf *elf, struct span from, uint64_t at,
                        struct elf_section_header *section)
{
	struct elf32_section_header small;

	if (!elf->is_elf32)
		return span_read(from, at, section, sizeof(*section));
	if (!span_read(from, at, &small, sizeof(small)))
		return false;
	*section = (struct elf_section_header){ .name = small.name,
		                                .type = small.type,
		                                .flags = small.flags,
		                                .addr = small.addr,
		                                .offset = small.offset,
		                                .size = small.size,
		                                .link = small.link,
		                                .info = small.info,
		                                .addralign = small.addralign,
		                                .entsize = small.entsize };
	return true;
}

bool section_read(const struct sections *sections, uint32_t number,
                  struct elf_section_header *section)
{
	return read_header(sections->elf, sections->headers,
	                   (uint64_t)number * elf_section_size(sections->elf), section);
}

struct span section_bytes(const struct sections *sections, const struct elf_section_header *section)
{
	struct span bytes = { NULL, 0 };

	if (section->type != ELF_SHT_NULL && section->type != ELF_SHT_NOBITS)
		span_part(sections->elf->file, section->offset, section->size, &bytes);
	return bytes;
}

/*
 * How many section headers there are, and which section has their names. Where the numbers are too
 * large for the ELF header, header 0 has them (gABI, "Extended section header").
 */
static bool read_counts(const struct elf *elf, uint64_t *count, uint32_t *names)
{
	struct elf_section_header first;

	*count = elf->header.shnum;
	*names = elf->header.shstrndx;
	if (*count != 0 && *names != ELF_SHN_XINDEX)
		return true;
	if (!read_header(elf, elf->file, elf->header.shoff, &first))
		return false;
	if (*count == 0)
		*count = first.size;
	if (*names == ELF_SHN_XINDEX)
		*names = first.link;
	return true;
}

bool sections_find(const struct elf *elf, struct sections *sections)
{
	bool sized = elf->header.shentsize == elf_section_size(elf);
	struct elf_section_header names;
	uint64_t count;
	uint32_t names_in;

	*sections = (struct sections){ .elf = elf };
	if (!elf->known || elf->header.shoff == 0 || (elf->header.shnum == 0 && !sized))
		return true;
	if (!sized || !read_counts(elf, &count, &names_in) || count > UINT32_MAX
	    || !span_part(elf->file, elf->header.shoff, count * elf->header.shentsize,
	                  &sections->headers))
		return false;
	sections->count = (uint32_t)count;
	if (names_in != 0 && section_read(sections, names_in, &names)) {
		sections->names_in = names_in;
		sections->names = span_strings(section_bytes(sections, &names));
	}
	return true;
}

const char *section_name(const struct sections *sections, const struct elf_section_header *section)
{
	return span_text(sections->names, section->name);
}

bool section_find(const struct sections *sections, const char *name,
                  struct elf_section_header *section)
{
	for (uint32_t i = 0; section_read(sections, i, section); i++) {
		if (text_equal(section_name(sections, section), name))
			return true;
	}
	return false;
}

void section_set_address(const struct sections *sections, uint8_t *headers, uint32_t number,
                         uint64_t address)
{
	uint8_t *header = headers + (size_t)number * elf_section_size(sections->elf);

	if (sections->elf->is_elf32)
		memcpy(header + offsetof(struct elf32_section_header, addr), &address, 4);
	else
		memcpy(header + offsetof(struct elf_section_header, addr), &address, 8);
}
