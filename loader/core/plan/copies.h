/* SPDX-License-Identifier: MIT */
/* copies.h - lists what must be copied, in an order in which no source is overwritten. */
#ifndef CORE_PLAN_COPIES_H
#define CORE_PLAN_COPIES_H

#include "core/plan/plan.h"

/*
 * Sorts the copies so that, carried out one after the other (each as by memmove), none overwrites
 * the source of a later one. False if there is no such order: then some copies depend on each other
 * in a cycle, and these come last.
 */
bool copies_sort(struct copy *copies, unsigned count);

/* The number of copies, from the first on, that overwrite no later one's source: all of them, if
 * they are in order. */
unsigned copies_in_order(const struct copy *copies, unsigned count);

/* Lists what must be copied and zeroed for all placements, in such an order. False if memory is
 * used up. */
bool plan_copies(struct plan *plan);

#endif
