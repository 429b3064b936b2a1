/* SPDX-License-Identifier: MIT */
/* address_space.h - virtual addresses: finds free ones, for windows and the direct map. */
#ifndef CORE_PLAN_ADDRESS_SPACE_H
#define CORE_PLAN_ADDRESS_SPACE_H

#include "core/plan/plan.h"

#define HIGHER_HALF UINT64_C(0xffff800000000000) /* with 4 levels */

/*
 * Finds a virtual address for a window of `size` bytes. The page before and the page after it stay
 * unmapped, and it equals `rest` modulo `align`, a power of two of at least a page. False, with the
 * reason in the report, if there is none.
 */
bool plan_window(struct plan *plan, uint64_t size, uint64_t align, uint64_t rest, uint64_t *at);

/* Finds `size` bytes of virtual addresses where nothing is mapped, at a multiple of 512 GiB: from
 * `first` on, if possible. False, with the reason in the report, if there are none. */
bool plan_find_virtual(const struct plan *plan, uint64_t size, uint64_t first, uint64_t *at);

/*
 * The end of the physical addresses that can be used: the CPU has no more, or one half of the
 * address space is too small for a direct map of more. Nothing is placed from there on, and no
 * direct map covers it, but the memory map does. At least 4 GiB.
 */
uint64_t plan_identity_limit(const struct plan *plan);

/* The part of a range that is below that end; may be empty. */
struct phys_range plan_below_limit(const struct plan *plan, struct phys_range range);

/* Maps all RAM below that end, and everything below 4 GiB, at `base`, with `rights`. */
bool plan_direct_map(struct plan *plan, uint64_t base, uint8_t rights);

/* Maps the page tables from `at` on, with these rights, by making its entry in the level 4 table
 * point to that table itself. Refuses, naming `name`, if something else is mapped there. */
bool plan_tables_window(struct plan *plan, uint64_t at, uint8_t rights, const char *name);

/* The end of the direct map, as a physical address: 4 GiB, or the end of RAM below that limit, if
 * it is higher. */
uint64_t plan_direct_map_size(const struct plan *plan);

/* True if the CPU has these addresses and nothing is mapped there; else refuses, naming `name` and
 * who has them. */
bool plan_virtual_is_free(const struct plan *plan, struct virt_range virt, const char *name);

#endif
