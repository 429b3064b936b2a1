/* SPDX-License-Identifier: MIT */
/* moves.h - puts copies in an order in which none destroys what a later one reads. */
#ifndef CORE_MOVES_H
#define CORE_MOVES_H

#include "core/base.h"
#include "core/launch.h"

/*
 * Sorts the moves so that, carried out one after the other (each as by memmove), none overwrites
 * the source of a later one. False if there is no such order: then some moves wait for each other
 * in a circle, and these come last.
 */
bool moves_sort(struct move *moves, unsigned count);

/* How many of the moves, from the first on, harm no later one: all of them if they are in order. */
unsigned moves_in_order(const struct move *moves, unsigned count);

#endif
