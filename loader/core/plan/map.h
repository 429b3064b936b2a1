/* SPDX-License-Identifier: MIT */
/* map.h - the last step of planning: page tables, fault info and the order of copies. */
#ifndef CORE_PLAN_MAP_H
#define CORE_PLAN_MAP_H

#include "core/plan/plan.h"

/* Makes the kernel's and the loader's page tables, writes the fault info, and puts the copies in
 * order. */
bool plan_map(struct plan *plan);

#endif
