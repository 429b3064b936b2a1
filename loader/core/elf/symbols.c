/* SPDX-License-Identifier: MIT */
/* symbols.c - reads section headers and symbols. Knows nothing of what they are good for. */
#include "core/elf/symbols.h"

#include "core/elf/format.h"

#define MAX_SECTIONS 0x10000 /* more than any linker makes without extended numbering */

/* How much a symbol says of its address: the less, the more. Those that a source file keeps to
 * itself come one behind. */
enum rank { RANK_FUNCTION = 0, RANK_OBJECT = 2, RANK_LABEL = 4, RANK_USELESS = 6 };

/* The byte at `offset`; 0 if there is none. */
static uint8_t byte_at(struct span from, uint64_t offset)
{
	uint8_t byte;

	span_read(from, offset, &byte, 1);
	return byte;
}

/* Where the section headers are, whatever the file's class. */
struct sections {
	struct span file;
	uint64_t at;
	unsigned count, entry_size; /* as the file says */
	bool narrow;                /* ELF32 */
};

/* Finds them; false if there are none, or if this is no ELF file. */
static bool find_sections(struct span file, struct sections *sections)
{
	static const uint8_t magic[] = { 0x7f, 'E', 'L', 'F' };
	struct elf_header wide = { .shoff = 0 };
	struct elf32_header narrow;
	uint8_t class;

	if (!span_read(file, 0, &narrow, sizeof(narrow))
	    || memcmp(narrow.ident, magic, sizeof(magic)) != 0
	    || narrow.ident[ELF_DATA] != ELF_DATA_LITTLE)
		return false;
	class = narrow.ident[ELF_CLASS];
	*sections = (struct sections){ file, narrow.shoff, narrow.shnum, narrow.shentsize, true };
	if (class == ELF_CLASS_32)
		return narrow.shoff != 0;
	span_read(file, 0, &wide, sizeof(wide));
	*sections = (struct sections){ file, wide.shoff, wide.shnum, wide.shentsize, false };
	return class == ELF_CLASS_64 && wide.shoff != 0;
}

/* Section header number `number`. */
static bool read_section(const struct sections *sections, uint64_t number,
                         struct elf_section_header *section)
{
	struct elf32_section_header narrow;
	uint64_t size = sections->narrow ? sizeof(narrow) : sizeof(*section);

	if (sections->entry_size != size || number >= MAX_SECTIONS
	    || sections->at > sections->file.size)
		return false;
	if (!sections->narrow)
		return span_read(sections->file, sections->at + number * size, section,
		                 sizeof(*section));
	if (!span_read(sections->file, sections->at + number * size, &narrow, sizeof(narrow)))
		return false;
	*section = (struct elf_section_header){ .type = narrow.type,
		                                .offset = narrow.offset,
		                                .size = narrow.size,
		                                .link = narrow.link,
		                                .entsize = narrow.entsize };
	return true;
}

/* Bytes of a symbol in the file. */
static uint32_t entry_size(const struct symbols *symbols)
{
	return symbols->narrow ? sizeof(struct elf32_symbol) : sizeof(struct elf_symbol);
}

/* The bytes of the section's symbols, and of the strings it links to. */
static bool take_tables(const struct sections *sections, const struct elf_section_header *section,
                        struct symbols *symbols)
{
	struct elf_section_header strings;

	symbols->narrow = sections->narrow;
	if (section->entsize != entry_size(symbols)
	    || !span_part(sections->file, section->offset, section->size, &symbols->entries)
	    || !read_section(sections, section->link, &strings)
	    || !span_part(sections->file, strings.offset, strings.size, &symbols->names))
		return false;
	symbols->entries.size -=
		(uint32_t)(symbols->entries.size & UINT32_MAX) % entry_size(symbols);
	return symbols->entries.size < UINT32_MAX && symbols->names.size < UINT32_MAX
	    && symbols->names.size != 0 && byte_at(symbols->names, symbols->names.size - 1) == 0;
}

struct symbols symbols_find(struct span file, struct report *report)
{
	struct symbols none = { 0 }, symbols = none;
	struct elf_section_header section;
	struct sections sections;

	if (!find_sections(file, &sections))
		return none;
	for (unsigned i = 0; i < sections.count; i++) {
		if (!read_section(&sections, i, &section)) {
			warn(report, DIAG_ELF_SYMBOLS_BAD,
			     "section header %u of %u lies outside the file, which has %llu bytes",
			     i, sections.count, ULL(file.size));
			return none;
		}
		if (section.type != ELF_SHT_SYMTAB)
			continue;
		if (take_tables(&sections, &section, &symbols))
			return symbols;
		warn(report, DIAG_ELF_SYMBOLS_BAD,
		     "section %u: %llu bytes at %#llx, entries of %llu bytes, strings in section "
		     "%u",
		     i, ULL(section.size), ULL(section.offset), ULL(section.entsize), section.link);
		return none;
	}
	return none;
}

uint64_t symbols_list_size(const struct symbols *symbols)
{
	return (uint32_t)symbols->entries.size / entry_size(symbols) * sizeof(struct symbol);
}

/* The symbol at `at` in the table; false at its end. */
static bool read_symbol(const struct symbols *symbols, uint64_t at, struct elf_symbol *symbol)
{
	struct elf32_symbol narrow;

	if (!symbols->narrow)
		return span_read(symbols->entries, at, symbol, sizeof(*symbol));
	if (!span_read(symbols->entries, at, &narrow, sizeof(narrow)))
		return false;
	*symbol = (struct elf_symbol){ .name = narrow.name,
		                       .info = narrow.info,
		                       .shndx = narrow.shndx,
		                       .value = narrow.value };
	return true;
}

/* Ranks a symbol. */
static unsigned rank_of(const struct elf_symbol *symbol)
{
	unsigned local = symbol->info >> 4 == ELF_STB_LOCAL;

	if (symbol->shndx == 0 || symbol->name == 0)
		return RANK_USELESS;
	switch (symbol->info & 15) {
	case ELF_STT_FUNC:
		return RANK_FUNCTION + local;
	case ELF_STT_OBJECT:
		return RANK_OBJECT + local;
	case ELF_STT_NOTYPE:
		return RANK_LABEL + local;
	default:
		return RANK_USELESS;
	}
}

/* Sorts by one byte of each; those that are the same there keep their order. */
static void sort_by_byte(const struct symbol *from, struct symbol *to, size_t count, size_t byte)
{
	size_t places[257] = { 0 };

	for (size_t i = 0; i < count; i++)
		places[((const uint8_t *)&from[i])[byte] + 1]++;
	for (size_t i = 0; i < 256; i++)
		places[i + 1] += places[i];
	for (size_t i = 0; i < count; i++)
		to[places[((const uint8_t *)&from[i])[byte]]++] = from[i];
}

/*
 * Sorts by address, then by rank, which stands in the upper half of `name`: byte by byte, the least
 * important first, to and fro between the two arrays. Returns the one that it ends in.
 */
static struct symbol *sort(struct symbol *list, struct symbol *spare, size_t count)
{
	static const uint8_t bytes[] = {
		offsetof(struct symbol, name) + 4, 0, 1, 2, 3, 4, 5, 6, 7
	};
	struct symbol differ = { 0, 0 };

	for (size_t i = 1; i < count; i++) {
		differ.address |= list[i].address ^ list[0].address;
		differ.name |= list[i].name ^ list[0].name;
	}
	for (size_t i = 0; i < COUNT(bytes); i++) {
		struct symbol *other = list;

		if (((const uint8_t *)&differ)[bytes[i]] == 0)
			continue;
		sort_by_byte(list, spare, count, bytes[i]);
		list = spare;
		spare = other;
	}
	return list;
}

uint64_t symbols_write(const struct symbols *symbols, struct virt_range virt, uint64_t slide,
                       uint64_t names, struct symbol *list, struct symbol *spare)
{
	struct symbol *sorted;
	struct elf_symbol symbol;
	size_t count = 0;

	for (uint64_t at = 0; read_symbol(symbols, at, &symbol); at += entry_size(symbols)) {
		unsigned rank = rank_of(&symbol);

		if (rank == RANK_USELESS || byte_at(symbols->names, symbol.name) == 0
		    || symbol.value < virt.begin || symbol.value >= virt.end)
			continue;
		list[count++] = (struct symbol){ symbol.value, (uint64_t)rank << 32 | symbol.name };
	}
	sorted = sort(list, spare, count);
	for (size_t i = 0; i < count; i++)
		list[i] = (struct symbol){ sorted[i].address + slide,
			                   names + (uint32_t)sorted[i].name };
	return count;
}
