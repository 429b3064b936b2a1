/* SPDX-License-Identifier: MIT */
/* memory_map.h - the memory map with all that is planned. */
#ifndef CORE_PLAN_MEMORY_MAP_H
#define CORE_PLAN_MEMORY_MAP_H

#include "core/plan/plan.h"

/*
 * The memory map with everything that is placed in it; NULL, with the reason in the report, if
 * there is no room for it. It lies in scratch memory that is only borrowed: use it before anything
 * is taken.
 */
const struct memory *plan_memory_map(const struct plan *plan);

/*
 * How many ranges the memory map can have at most when all is planned: besides what is placed
 * already, up to three pieces of scratch memory, which are boot information and both sets of page
 * tables. False, with the reason in the report, if there is no room to find out.
 */
bool plan_memory_map_capacity(const struct plan *plan, unsigned *capacity);

#endif
