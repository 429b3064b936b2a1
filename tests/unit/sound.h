/* SPDX-License-Identifier: MIT */
/*
 * sound.h - what the core promises of the structures that it hands on, as far as it can be seen in
 * them. Each function returns the first broken promise, or NULL. Unit tests and fuzzers ask.
 */
#ifndef SOUND_H
#define SOUND_H

#include "core/elf/read.h"
#include "core/memory.h"
#include "core/elf/relative.h"
#include "core/elf/relocate.h"

/* A segment by itself (elf.h). */
static inline const char *segment_fault(const struct segment *segment, struct span file,
                                        unsigned bits)
{
	uint64_t size = segment->virt.end - segment->virt.begin;
	uint64_t half = UINT64_C(1) << (bits - 1);

	if (segment->virt.begin >= segment->virt.end)
		return "a segment is empty";
	if (segment->virt.end > half && segment->virt.begin < -half)
		return "a segment is not canonical";
	if (segment->virt.end > -PAGE_SIZE)
		return "a segment reaches into the last page";
	if (!is_power_of_two(segment->align))
		return "an alignment is no power of two";
	if (segment->file.size > size)
		return "a segment has more bytes in the file than in memory";
	if (segment->file.size != 0 && segment->file.bytes != file.bytes + segment->offset)
		return "a segment's bytes are not those of its place in the file";
	if (!in_bounds(segment->offset, segment->file.size, file.size))
		return "a segment's bytes lie outside the file";
	if ((segment->rights & RIGHT_READ) == 0)
		return "a segment cannot be read";
	return NULL;
}

/* Two segments side by side. */
static inline const char *neighbour_fault(const struct segment *low, const struct segment *high)
{
	if (low->virt.end > high->virt.begin)
		return "segments overlap or are not sorted";
	if (page_up(low->virt.end) > page_down(high->virt.begin) && low->rights != high->rights)
		return "segments share a page but need different rights";
	return NULL;
}

/* True if [begin, begin + size) lies in one segment. */
static inline bool lies_in_segment(const struct kernel *kernel, uint64_t begin, uint64_t size)
{
	const struct segment *segment = kernel_segment_at(kernel, begin);

	return segment != NULL
	    && in_bounds(begin - segment->virt.begin, size,
	                 segment->virt.end - segment->virt.begin);
}

/* RELA entries: known kinds, aimed into segments. */
static inline const char *rela_fault(const struct kernel *kernel, struct span table)
{
	for (uint64_t at = 0; at < table.size; at += 24) {
		uint64_t entry[3];
		uint32_t type;

		memcpy(entry, table.bytes + at, sizeof(entry));
		type = (uint32_t)entry[1];
		if (type > 8 || (1u << type & 0x1c3) == 0)
			return "a relocation is of an unknown kind";
		if (type != 0 && !lies_in_segment(kernel, entry[0], 8))
			return "a RELA entry aims outside";
	}
	return NULL;
}

/* Relocations as a whole. */
static inline const char *relocation_fault(const struct kernel *kernel)
{
	const struct relocations *relocations = &kernel->relocations;
	struct relr_walk walk = { 0 };
	struct relocated_word late;

	uint64_t cursor = 0;
	uint32_t count = 0;

	if (relocations->rela.size % 24 != 0 || relocations->plt.size % 24 != 0
	    || relocations->relr.size % 8 != 0)
		return "a relocation table has a part of an entry";
	if (rela_fault(kernel, relocations->rela) != NULL)
		return rela_fault(kernel, relocations->rela);
	if (rela_fault(kernel, relocations->plt) != NULL)
		return rela_fault(kernel, relocations->plt);
	for (; relocations_next_word(relocations, &cursor, &late); count++) {
		if (!lies_in_segment(kernel, late.at, 8))
			return "a relocated word lies outside";
	}
	if (count != relocations->word_count)
		return "there are more or fewer relocated words than were counted";
	for (uint64_t at = 0; at < relocations->relr.size; at += 8) {
		uint64_t word, address;

		memcpy(&word, relocations->relr.bytes + at, sizeof(word));
		relr_feed(&walk, word);
		while (relr_next(&walk, &address)) {
			if (!lies_in_segment(kernel, address, 8))
				return "a RELR entry aims outside";
		}
	}
	if (relocations->rela.size != 0
	    && !lies_in_segment(kernel, relocations->rela_at.at, relocations->rela.size))
		return "the RELA table lies in no segment";
	if (relocations->relr.size != 0
	    && !lies_in_segment(kernel, relocations->relr_at.at, relocations->relr.size))
		return "the RELR table lies in no segment";
	return NULL;
}

/* A kernel that kernel_read() has accepted (elf.h). */
static inline const char *kernel_fault(const struct kernel *kernel, unsigned bits)
{
	const struct segment *last = &kernel->segments[kernel->segment_count - 1];
	const struct segment *code = kernel_segment_at(kernel, kernel->entry.at);
	const char *fault = NULL;

	if (kernel->segment_count == 0 || kernel->segment_count > KERNEL_MAX_PHDRS)
		return "there are no segments, or too many";
	for (unsigned i = 0; i < kernel->segment_count && fault == NULL; i++) {
		fault = segment_fault(&kernel->segments[i], kernel->elf.file, bits);
		if (fault == NULL && i > 0)
			fault = neighbour_fault(&kernel->segments[i - 1], &kernel->segments[i]);
	}
	if (fault != NULL)
		return fault;
	if (code == NULL || (code->rights & RIGHT_EXECUTE) == 0)
		return "the entry is no code";
	if (kernel->virt.begin != page_down(kernel->segments[0].virt.begin)
	    || kernel->virt.end != page_up(last->virt.end))
		return "the kernel's extent is not that of its segments";
	if (!kernel->position_independent && kernel->virt.begin == 0)
		return "the kernel takes page 0";
	if (kernel->relro.begin > kernel->relro.end
	    || (kernel->relro.begin < kernel->relro.end
	        && ((kernel->relro.begin | kernel->relro.end) & (PAGE_SIZE - 1)) != 0))
		return "the read-only part is not whole pages";
	if (kernel->tls_file_size > kernel->tls.end - kernel->tls.begin)
		return "the TLS template is larger than its block";
	return relocation_fault(kernel);
}

/* A map that memory.h promises. */
static inline const char *memory_fault(const struct memory *memory)
{
	if (memory->count > MEMORY_MAX_RANGES)
		return "there are too many ranges";
	for (unsigned i = 0; i < memory->count; i++) {
		const struct memory_range *range = &memory->ranges[i];

		if (range->phys.begin >= range->phys.end)
			return "a range is empty";
		if (((range->phys.begin | range->phys.end) & (PAGE_SIZE - 1)) != 0)
			return "a range is not whole pages";
		if (range->type == MEMORY_NONE || range->type >= MEMORY_TYPES)
			return "a range has no type";
		if (i > 0 && range[-1].phys.end > range->phys.begin)
			return "ranges overlap or are not sorted";
		if (i > 0 && range[-1].phys.end == range->phys.begin
		    && range[-1].type == range->type)
			return "equal neighbours are not joined";
	}
	return NULL;
}

#endif
