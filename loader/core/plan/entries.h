/* SPDX-License-Identifier: MIT */
/*
 * entries.h - the 512 entries of a level 4 table, each of which maps 512 GiB: which are taken, and
 * which are free. For protocols that give each mapping a separate entry.
 */
#ifndef CORE_PLAN_ENTRIES_H
#define CORE_PLAN_ENTRIES_H

#include "core/base.h"

#define ENTRY_SIZE  (512 * GIB)
#define ENTRY_COUNT 512u

struct entries {
	uint32_t taken[ENTRY_COUNT / 32]; /* a bit for each */
};

/* The first address that an entry maps; canonical. */
uint64_t entry_address(unsigned entry);

/* The entry that maps an address. */
unsigned entry_of(uint64_t address);

/* The number of entries that `size` bytes take, from the beginning of an entry on. */
unsigned entries_for(uint64_t size);

/* Takes every entry that maps a byte in [first, last]; both addresses are canonical. */
void entries_take(struct entries *entries, uint64_t first, uint64_t last);

/* Takes the first `count` consecutive free entries in one half of the address space; *at is the
 * first address that they map. False if there are none. */
bool entries_find(struct entries *entries, unsigned count, uint64_t *at);

/* As entries_find(), but `random` chooses among all possible places. */
bool entries_find_random(struct entries *entries, unsigned count, uint64_t random, uint64_t *at);

#endif
