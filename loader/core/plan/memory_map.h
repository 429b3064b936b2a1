/* SPDX-License-Identifier: MIT */
/* memory_map.h - the memory map, with everything that is planned in it. */
#ifndef CORE_PLAN_MEMORY_MAP_H
#define CORE_PLAN_MEMORY_MAP_H

#include "core/plan/plan.h"

/*
 * The memory map with all placements in it; NULL, with the reason in the report, if there is no
 * room for it. It lies in scratch memory that is not taken: use it before you take any.
 */
const struct memory *plan_memory_map(const struct plan *plan);

/* Placements that are still to come when boot information is planned last: its own, and both sets
 * of page tables. */
#define PLACED_WITH_INFO 3

/* The largest number of ranges that the final memory map can have: those of the present placements,
 * and of `later` ones. */
unsigned plan_memory_map_capacity(const struct plan *plan, unsigned later);

#endif
