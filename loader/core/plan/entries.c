/* SPDX-License-Identifier: MIT */
/* entries.c - looks for free entries of a level 4 table. Knows no page tables. */
#include "core/plan/entries.h"

#define ENTRY_BITS 39 /* of an address lie below its index in the level 4 table */
#define HALF       (ENTRY_COUNT / 2)

uint64_t entry_address(unsigned entry)
{
	uint64_t at = (uint64_t)entry << ENTRY_BITS;

	return entry < HALF ? at : at | UINT64_MAX << virtual_bits(4);
}

unsigned entry_of(uint64_t address)
{
	return (unsigned)(address >> ENTRY_BITS) % ENTRY_COUNT;
}

unsigned entries_for(uint64_t size)
{
	return (unsigned)(align_up(size, ENTRY_SIZE) >> ENTRY_BITS);
}

static bool is_taken(const struct entries *entries, unsigned entry)
{
	return (entries->taken[entry / 32] >> entry % 32 & 1) != 0;
}

/* Takes entries [first, end). */
static void take(struct entries *entries, unsigned first, unsigned end)
{
	for (unsigned i = first; i < end; i++)
		entries->taken[i / 32] |= UINT32_C(1) << i % 32;
}

void entries_take(struct entries *entries, uint64_t first, uint64_t last)
{
	take(entries, entry_of(first), entry_of(last) + 1);
}

/* The first of `count` consecutive free entries in one half, after skipping `skip` such places;
 * *places is the number of places that were found. ENTRY_COUNT if there are no more. */
static unsigned find(const struct entries *entries, unsigned count, unsigned skip, unsigned *places)
{
	unsigned run = 0;

	*places = 0;
	for (unsigned i = 0; i < ENTRY_COUNT; i++) {
		run = is_taken(entries, i) ? 0 : i == HALF ? 1 : run + 1;
		if (run >= count && (*places)++ == skip)
			return i + 1 - count;
	}
	return ENTRY_COUNT;
}

bool entries_find(struct entries *entries, unsigned count, uint64_t *at)
{
	unsigned places;
	unsigned first = find(entries, count, 0, &places);

	if (first == ENTRY_COUNT)
		return false;
	take(entries, first, first + count);
	*at = entry_address(first);
	return true;
}

bool entries_find_random(struct entries *entries, unsigned count, uint64_t random, uint64_t *at)
{
	unsigned places, first;

	find(entries, count, ENTRY_COUNT, &places);
	if (places == 0)
		return false;
	first = find(entries, count, (uint32_t)random % places, &places);
	take(entries, first, first + count);
	*at = entry_address(first);
	return true;
}
