/* SPDX-License-Identifier: MIT */
/* address_space.h - virtual addresses: what is taken, windows, and the direct map. */
#ifndef CORE_PLAN_ADDRESS_SPACE_H
#define CORE_PLAN_ADDRESS_SPACE_H

#include "core/plan/plan.h"

/*
 * A virtual address for a window of `size` bytes: the page before and the page after stay
 * unmapped, and it is the same as `rest` modulo `align`, a power of two of at least a page. False,
 * with the reason in the report, if no room is left.
 */
bool plan_window(struct plan *plan, uint64_t size, uint64_t align, uint64_t rest, uint64_t *at);

/* A run of `size` bytes of virtual addresses, a multiple of 512 GiB, in which nothing is mapped,
 * from `first` on. */
bool plan_find_virtual(const struct plan *plan, uint64_t size, uint64_t first, uint64_t *at);

/*
 * First physical address out of reach: the CPU has no such addresses, or one half of the address
 * space is too small to show them in a direct map. Nothing is placed from there on, and no direct
 * map shows it; the memory map has it nevertheless. At least 4 GiB.
 */
uint64_t plan_identity_limit(const struct plan *plan);

/* What of a range of memory is within reach; empty if nothing is. */
struct phys_range plan_below_limit(const struct plan *plan, struct phys_range range);

/* Maps all RAM within reach, and everything below 4 GiB, at `base`, with `rights`. */
bool plan_direct_map(struct plan *plan, uint64_t base, uint8_t rights);

/* Shows the page tables from `at` on, through the entry of the level 4 table that maps it, with
 * these rights; refuses, naming `name`, if something else is mapped there. */
bool plan_tables_window(struct plan *plan, uint64_t at, uint8_t rights, const char *name);

/* First physical address that the direct map need not reach: 4 GiB or the end of RAM within reach.
 */
uint64_t plan_direct_map_size(const struct plan *plan);

/* True if the CPU has these addresses and nothing is mapped there; else refuses, naming `name` and
 * who has them. */
bool plan_virtual_is_free(const struct plan *plan, struct virt_range virt, const char *name);

#endif
