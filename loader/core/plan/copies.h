/* SPDX-License-Identifier: MIT */
/* copies.h - what has to be copied, in an order in which nothing is lost. */
#ifndef CORE_PLAN_COPIES_H
#define CORE_PLAN_COPIES_H

#include "core/plan/plan.h"

/*
 * Sorts the copies so that, carried out one after the other (each as by memmove), none overwrites
 * the source of a later one. False if there is no such order: then some copies wait for each other
 * in a circle, and these come last.
 */
bool copies_sort(struct copy *copies, unsigned count);

/* How many of the copies, from the first on, harm no later one: all of them if they are in order.
 */
unsigned copies_in_order(const struct copy *copies, unsigned count);

/* Lists what has to be copied and zeroed for all placements, in an order that harms nothing. False
 * if memory is used up. */
bool plan_copies(struct plan *plan);

#endif
