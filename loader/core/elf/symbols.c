/* SPDX-License-Identifier: MIT */
/* symbols.c - reads symbols. Knows nothing of what they are used for. */
#include "core/elf/symbols.h"

/* How well a symbol describes its address: the lower, the better. For a static symbol, 1 is
 * added. */
enum rank { RANK_FUNCTION = 0, RANK_OBJECT = 2, RANK_LABEL = 4, RANK_USELESS = 6 };

/* Bytes of a symbol in the file. */
static uint32_t entry_size(const struct symbols *symbols)
{
	return symbols->is_elf32 ? sizeof(struct elf32_symbol) : sizeof(struct elf_symbol);
}

/* The bytes of the section's symbols, and of the strings it links to. */
static bool take_tables(const struct sections *sections, const struct elf_section_header *section,
                        struct symbols *symbols)
{
	struct elf_section_header strings;

	*symbols = (struct symbols){ .is_elf32 = sections->elf->is_elf32 };
	if (section->entsize != entry_size(symbols)
	    || !span_part(sections->elf->file, section->offset, section->size, &symbols->entries)
	    || !section_read(sections, section->link, &strings))
		return false;
	symbols->names = section_bytes(sections, &strings);
	symbols->entries.size -=
		(uint32_t)(symbols->entries.size & UINT32_MAX) % entry_size(symbols);
	return symbols->entries.size < UINT32_MAX && symbols->names.size < UINT32_MAX
	    && symbols->names.size != 0 && span_strings(symbols->names).size == symbols->names.size;
}

struct symbols symbols_find(const struct elf *elf, struct report *report)
{
	struct symbols none = { 0 }, symbols;
	struct elf_section_header section;
	struct sections sections;

	if (!sections_find(elf, &sections) && report != NULL)
		warn(report, DIAG_ELF_SYMBOLS_BAD,
		     "the %u section headers of %u bytes at byte %llu are not in the file, which "
		     "has %llu bytes",
		     elf->header.shnum, elf->header.shentsize, ULL(elf->header.shoff),
		     ULL(elf->file.size));
	for (uint32_t i = 0; section_read(&sections, i, &section); i++) {
		if (section.type != ELF_SHT_SYMTAB)
			continue;
		if (take_tables(&sections, &section, &symbols))
			return symbols;
		if (report != NULL)
			warn(report, DIAG_ELF_SYMBOLS_BAD,
			     "section %u: %llu bytes at %#llx, entries of %llu bytes, strings in "
			     "section %u",
			     i, ULL(section.size), ULL(section.offset), ULL(section.entsize),
			     section.link);
		return none;
	}
	return none;
}

uint32_t symbols_count(const struct symbols *symbols)
{
	return (uint32_t)symbols->entries.size / entry_size(symbols);
}

uint64_t symbols_list_size(const struct symbols *symbols)
{
	return symbols_count(symbols) * sizeof(struct symbol);
}

/* The symbol at byte `at` of the table; false at its end. */
static bool read_at(const struct symbols *symbols, uint64_t at, struct elf_symbol *symbol)
{
	struct elf32_symbol small;

	if (!symbols->is_elf32)
		return span_read(symbols->entries, at, symbol, sizeof(*symbol));
	if (!span_read(symbols->entries, at, &small, sizeof(small)))
		return false;
	*symbol = (struct elf_symbol){ .name = small.name,
		                       .info = small.info,
		                       .shndx = small.shndx,
		                       .value = small.value,
		                       .size = small.size };
	return true;
}

bool symbol_read(const struct symbols *symbols, uint32_t number, struct elf_symbol *symbol)
{
	return read_at(symbols, (uint64_t)number * entry_size(symbols), symbol);
}

const char *symbol_name(const struct symbols *symbols, const struct elf_symbol *symbol)
{
	return span_text(symbols->names, symbol->name);
}

/* Ranks a symbol. */
static unsigned rank_of(const struct elf_symbol *symbol)
{
	static const uint8_t of_types[] = { [ELF_STT_NOTYPE] = RANK_LABEL,
		                            [ELF_STT_OBJECT] = RANK_OBJECT,
		                            [ELF_STT_FUNC] = RANK_FUNCTION };
	unsigned local = elf_symbol_binding(symbol) == ELF_STB_LOCAL;
	unsigned type = elf_symbol_type(symbol);

	if (symbol->shndx == ELF_SHN_UNDEF || symbol->name == 0 || type >= COUNT(of_types))
		return RANK_USELESS;
	return of_types[type] + local;
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
 * Radix sort by address, then by rank, which is in the upper half of `name`: byte by byte, least
 * significant first, back and forth between the two arrays. Returns the array with the result.
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

	for (uint64_t at = 0; read_at(symbols, at, &symbol); at += entry_size(symbols)) {
		unsigned rank = rank_of(&symbol);

		if (rank == RANK_USELESS || symbol.value - virt.begin >= virt.end - virt.begin
		    || *symbol_name(symbols, &symbol) == 0)
			continue;
		list[count++] = (struct symbol){ symbol.value, (uint64_t)rank << 32 | symbol.name };
	}
	sorted = sort(list, spare, count);
	for (size_t i = 0; i < count; i++)
		list[i] = (struct symbol){ sorted[i].address + slide,
			                   names + (uint32_t)sorted[i].name };
	return count;
}
