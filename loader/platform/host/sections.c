/* SPDX-License-Identifier: MIT */
/* sections.c - finds its way through section headers and symbol tables. Judges nothing. */
#include "platform/host/sections.h"

#include <string.h>

#define SHT_NOBITS 8

/* The string at an offset of a table; "" if it does not end within it. */
static const char *string_at(struct span strings, uint64_t offset)
{
	uint64_t length;

	return span_string(strings, offset, &length) ? (const char *)strings.bytes + offset : "";
}

struct elf_section_header section_header(const struct sections *sections, unsigned number)
{
	struct elf_section_header section;

	span_read(sections->file, sections->at + number * sizeof(section), &section,
	          sizeof(section));
	return section;
}

struct span section_bytes(const struct sections *sections, const struct elf_section_header *section)
{
	struct span bytes = { NULL, 0 };

	if (section->type != SHT_NOBITS)
		span_part(sections->file, section->offset, section->size, &bytes);
	return bytes;
}

struct sections sections_read(struct span file)
{
	static struct report unused; /* the loader has said it already */
	struct sections sections = { .file = file, .symbols = symbols_find(file, &unused) };
	struct elf_section_header names;
	struct elf_header header;

	if (!span_read(file, 0, &header, sizeof(header))
	    || header.shentsize != sizeof(struct elf_section_header)
	    || !in_bounds(header.shoff, (uint64_t)header.shnum * header.shentsize, file.size))
		return sections;
	sections.at = header.shoff;
	sections.count = header.shnum;
	if (header.shstrndx < sections.count) {
		names = section_header(&sections, header.shstrndx);
		sections.names = section_bytes(&sections, &names);
	}
	return sections;
}

const char *section_name(const struct sections *sections, const struct elf_section_header *section)
{
	return string_at(sections->names, section->name);
}

bool section_find(const struct sections *sections, const char *name,
                  struct elf_section_header *section)
{
	for (unsigned i = 0; i < sections->count; i++) {
		*section = section_header(sections, i);
		if (strcmp(section_name(sections, section), name) == 0)
			return true;
	}
	return false;
}

bool file_symbol_read(const struct sections *sections, uint64_t number, struct file_symbol *symbol)
{
	struct elf_symbol entry;

	if (number >= sections->symbols.entries.size / sizeof(entry)
	    || !span_read(sections->symbols.entries, number * sizeof(entry), &entry, sizeof(entry)))
		return false;
	*symbol = (struct file_symbol){ .name = string_at(sections->symbols.names, entry.name),
		                        .begin = entry.value,
		                        .end = entry.value + entry.size,
		                        .type = entry.info & 15,
		                        .section = entry.shndx };
	return true;
}

bool file_symbol_find(const struct sections *sections, const char *name, struct file_symbol *symbol)
{
	for (uint64_t i = 0; file_symbol_read(sections, i, symbol); i++) {
		if (symbol->section != 0 && strcmp(symbol->name, name) == 0)
			return true;
	}
	return false;
}

const char *file_symbol_at(const struct sections *sections, uint64_t address)
{
	const char *best = NULL;
	struct file_symbol symbol;
	bool function = false;

	for (uint64_t i = 0; file_symbol_read(sections, i, &symbol) && !function; i++) {
		if (symbol.section == 0 || symbol.begin != address || symbol.name[0] == 0
		    || (symbol.type != ELF_STT_FUNC && symbol.type != ELF_STT_NOTYPE))
			continue;
		function = symbol.type == ELF_STT_FUNC || strcmp(symbol.name, "_start") == 0;
		if (function || best == NULL)
			best = symbol.name;
	}
	return best;
}
