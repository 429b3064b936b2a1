/* SPDX-License-Identifier: MIT */
/* objects.c - see objects.h. */
#include "core/elf/objects.h"

#include "core/elf/symbols.h"

#define SMALL      MIB        /* bytes; searching fewer is quicker than reading symbols */
#define NEAR       (64 * KIB) /* bytes to a symbol; more than any table of requests takes */
#define LEAST_BITS 16         /* log2 of the smallest block: NEAR */

/* A symbol of the file, at any alignment. */
struct __attribute__((packed, may_alias)) loose_symbol {
	struct elf_symbol symbol;
};

/* Sets the bits [at, end), a byte at a time where possible. */
static void set_bits(uint8_t *bits, uint64_t at, uint64_t end)
{
	for (; at < end && at % 8 != 0; at++)
		bits[at / 8] |= (uint8_t)(1u << at % 8);
	if (at >= end)
		return;
	memset(bits + at / 8, 0xff, (size_t)(end - at) / 8);
	for (at = align_down(end, 8); at < end; at++)
		bits[at / 8] |= (uint8_t)(1u << at % 8);
}

/* Marks the block at a distance from the beginning of the range, and those beside it. Block 0 is
 * the one before the range. */
static void mark(struct objects *objects, uint64_t distance)
{
	uint64_t size = objects->range.end - objects->range.begin;
	uint64_t block = (distance + NEAR) >> objects->shift;

	if (distance + NEAR >= size + 2 * NEAR)
		return;
	set_bits(objects->blocks, block > 0 ? block - 1 : 0, block + 2);
}

/* True if the symbol was local in its source file (static). Linking makes hidden symbols local as
 * well, but `ld -x` keeps those. */
static bool is_private(const struct elf_symbol *symbol)
{
	return elf_symbol_binding(symbol) == ELF_STB_LOCAL
	    && elf_symbol_visibility(symbol) == ELF_STV_DEFAULT && symbol->shndx != ELF_SHN_UNDEF
	    && symbol->name != 0 && elf_symbol_type(symbol) <= ELF_STT_FUNC;
}

/* Notes the blocks within an object of `size` bytes at a distance from the beginning of the range,
 * further than NEAR from where it begins and ends. */
static void note_inside(const struct objects *objects, uint8_t *insides, uint64_t distance,
                        uint64_t size)
{
	uint64_t limit = objects->range.end - objects->range.begin;
	uint64_t block = (uint64_t)1 << objects->shift;

	if (distance < limit && size <= limit - distance)
		set_bits(insides, (distance + 2 * NEAR + block - 1) >> objects->shift,
		         (distance + size) >> objects->shift);
}

/*
 * Marks what is near objects and labels. If symbols were stripped, an object without one may be
 * anywhere but inside a large object. `ld -x` removes file names and static symbols, but keeps the
 * symbols that the linker itself makes; of local symbols, `strip -x` keeps only the file names.
 */
static void mark_symbols(struct objects *objects, const struct elf *elf)
{
	struct symbols symbols = symbols_find(elf, NULL);
	const struct loose_symbol *at = (const void *)symbols.entries.bytes;
	const struct loose_symbol *end = at + symbols_count(&symbols);
	uint8_t insides[sizeof(objects->blocks)] = { 0 };
	bool is_named = false; /* there was the name of a source file */
	bool is_whole = false; /* and a static symbol of that file */

	for (; at < end; at++) {
		struct elf_symbol symbol = at->symbol;
		unsigned type = elf_symbol_type(&symbol);
		uint64_t distance = symbol.value - objects->range.begin;

		is_named = type == ELF_STT_FILE ? symbol.name != 0 : is_named;
		is_whole = is_whole || (is_named && is_private(&symbol));
		if (symbol.shndx == ELF_SHN_UNDEF || type > ELF_STT_OBJECT)
			continue;
		mark(objects, distance);
		mark(objects, distance + symbol.size);
		note_inside(objects, insides, distance, symbol.size);
	}
	for (unsigned i = 0; !is_whole && i < sizeof(insides); i++)
		objects->blocks[i] |= (uint8_t)~insides[i];
}

void objects_begin(struct objects *objects, const struct elf *elf, struct virt_range range)
{
	uint64_t size = range.end - range.begin;

	objects->range = range;
	objects->at = 0;
	objects->all = size < SMALL || elf->is_elf32;
	if (objects->all)
		return;
	objects->shift = LEAST_BITS;
	while ((size + 2 * NEAR) >> objects->shift >= OBJECT_BLOCKS)
		objects->shift++;
	memset(objects->blocks, 0, sizeof(objects->blocks));
	mark_symbols(objects, elf);
}

/* Moves on over blocks that are marked, or over those that are not. */
static void pass(struct objects *objects, bool marked, uint64_t size)
{
	while (objects->at < size) {
		uint64_t block = (objects->at + NEAR) >> objects->shift;

		if ((objects->blocks[block / 8] >> block % 8 & 1) != marked)
			return;
		objects->at = ((block + 1) << objects->shift) - NEAR;
	}
	objects->at = size;
}

bool objects_next(struct objects *objects, struct virt_range *part)
{
	uint64_t begin = objects->range.begin, size = objects->range.end - begin;

	if (!objects->all)
		pass(objects, false, size);
	part->begin = begin + objects->at;
	if (objects->all)
		objects->at = size;
	else
		pass(objects, true, size);
	part->end = begin + objects->at;
	return part->begin != part->end;
}

/* As objects_search(), for one segment. */
static bool search_segment(const struct elf *elf, const struct elf_program_header *program,
                           struct virt_range range, uint64_t most, object_test *test, void *context)
{
	struct objects objects;
	struct virt_range part;
	struct span file, bytes;

	if (!span_part(elf->file, program->offset, program->filesz, &file))
		return false;
	objects_begin(&objects, elf, range);
	while (most > 0 && objects_next(&objects, &part)) {
		uint64_t at = part.begin - program->vaddr;
		uint64_t size = min_u64(part.end - part.begin, most);

		span_part(file, at, file.size - at, &bytes);
		if (test(bytes, size, part.begin, context))
			return true;
		most -= size;
	}
	return false;
}

bool objects_search(const struct elf *elf, struct virt_range range, uint64_t most,
                    object_test *test, void *context)
{
	struct elf_program_header program;

	for (unsigned i = 0; i < KERNEL_MAX_PHDRS && elf_program(elf, i, &program); i++) {
		uint64_t begin = max_u64(program.vaddr, range.begin);
		uint64_t end = min_u64(program.vaddr + program.filesz, range.end);

		if (program.type == ELF_PT_LOAD && begin < end
		    && search_segment(elf, &program, (struct virt_range){ begin, end }, most, test,
		                      context))
			return true;
	}
	return false;
}
