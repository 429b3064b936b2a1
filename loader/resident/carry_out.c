/* SPDX-License-Identifier: MIT */
/* carry_out.c - copies, zeroes and relocates what was planned. Decides nothing and checks nothing.
 */
#include "resident/carry_out.h"

#include "core/elf/relative.h"
#include "resident/string.h"

/* Unaligned types for words and entries in a kernel. */
typedef uint64_t unaligned_word __attribute__((aligned(1)));
typedef struct elf_rela unaligned_rela __attribute__((aligned(1)));

/* The pointer for a physical address. */
static void *at(uint8_t *memory, uint64_t physical)
{
	return (void *)((uintptr_t)memory + (uintptr_t)physical);
}

/* Where the bytes linked at `address` are; NULL if in no segment. Tries segment *last first, and
 * updates it. */
static unaligned_word *target(const struct launch *launch, uint8_t *memory, uint64_t address,
                              uint64_t *last)
{
	const struct launch_segment *segments = at(memory, launch->segments);
	uint64_t low = 0, high = launch->segment_count, middle = *last;

	while (low < high) {
		const struct launch_segment *segment = &segments[middle];

		if (address >= segment->begin && address < segment->end) {
			*last = middle;
			return at(memory, segment->physical + (address - segment->begin));
		}
		if (address < segment->begin)
			high = middle;
		else
			low = middle + 1;
		middle = low + (high - low) / 2;
	}
	return NULL;
}

/* RELA: the word becomes the addend plus the slide. */
static void relocate_rela(const struct launch *launch, uint8_t *memory)
{
	const unaligned_rela *entry = at(memory, launch->rela);
	const unaligned_rela *end = entry + launch->rela_size / sizeof(*entry);
	uint64_t last = 0;

	for (; entry < end; entry++) {
		unaligned_word *changed = target(launch, memory, entry->offset, &last);

		if (rela_is_relative(entry->info) && changed != NULL)
			*changed = entry->addend + launch->slide;
	}
}

/* RELR: the slide is added to the word. */
static void relocate_relr(const struct launch *launch, uint8_t *memory)
{
	const unaligned_word *table = at(memory, launch->relr);
	struct relr_walk walk = { 0 };
	uint64_t last = 0;
	uint64_t address;

	for (uint64_t i = 0; i < launch->relr_size / sizeof(*table); i++) {
		relr_feed(&walk, table[i]);
		while (relr_next(&walk, &address)) {
			unaligned_word *changed = target(launch, memory, address, &last);

			if (changed != NULL)
				*changed += launch->slide;
		}
	}
}

/* Writes words to the kernel's memory. */
static void write_words(uint8_t *memory, uint64_t list, uint64_t count)
{
	const struct patch *words = at(memory, list);

	for (uint64_t i = 0; i < count; i++)
		*(unaligned_word *)at(memory, words[i].at) = words[i].value;
}

void carry_out(const struct launch *launch, uint8_t *memory)
{
	const struct copy *copies = at(memory, launch->copies);
	const struct fill *fills = at(memory, launch->fills);

	for (uint64_t i = 0; i < launch->copy_count; i++)
		copy_memory(at(memory, copies[i].to), at(memory, copies[i].from), copies[i].size);
	for (uint64_t i = 0; i < launch->fill_count; i++)
		zero_memory(at(memory, fills[i].begin), fills[i].end - fills[i].begin);
	relocate_rela(launch, memory);
	relocate_relr(launch, memory);
	write_words(memory, launch->words, launch->word_count);
	write_words(memory, launch->patches, launch->patch_count);
}
