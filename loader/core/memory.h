/* SPDX-License-Identifier: MIT */
/*
 * memory.h - the memory map: sorted, disjoint, typed ranges of whole pages.
 *
 * A map is made of typed regions. Where regions overlap, the stricter type wins, whatever their
 * order; equal neighbours are joined. The firmware's map is one set of regions, what the plan
 * places another; so the same few lines make the kernel's map and the one in which the plan looks
 * for free memory.
 */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include "core/machine.h"
#include "core/report.h"

#define MEMORY_MAX_RANGES 1024

struct memory_range {
	struct phys_range phys; /* whole pages; not empty */
	enum memory_type type;  /* never MEMORY_NONE */
};

struct memory {
	struct memory_range
		ranges[MEMORY_MAX_RANGES]; /* sorted, disjoint, no equal neighbours that touch */
	unsigned count;
};

/*
 * Makes the map of `regions`, which may come in any order, overlap, be empty, and need not be whole
 * pages: usable memory is rounded inward, everything else outward. False, with the reason in the
 * report, if the map needs more than MEMORY_MAX_RANGES. Memory from `scratch` is used temporarily.
 */
bool memory_from_regions(struct memory *memory, const struct memory_range *regions, unsigned count,
                         struct scratch scratch, struct report *report);

/*
 * The firmware's memory map. The first page, which holds the BIOS's data, is reserved. False, with
 * the reason in the report, if there is no usable memory. Memory from `scratch` is used
 * temporarily.
 */
bool memory_read(struct memory *memory, const struct machine *machine, struct scratch scratch,
                 struct report *report);

/* Bytes of the given type in the whole map. */
uint64_t memory_total(const struct memory *memory, enum memory_type type);

#endif
