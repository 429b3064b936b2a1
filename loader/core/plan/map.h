/* SPDX-License-Identifier: MIT */
/* map.h - the last step of planning: page tables, and all that lies beside them. */
#ifndef CORE_PLAN_MAP_H
#define CORE_PLAN_MAP_H

#include "core/plan/plan.h"

/* Makes the page tables, the kernel's and the loader's, leaves the fault info, and puts the copying
 * in order. */
bool plan_map(struct plan *plan);

#endif
