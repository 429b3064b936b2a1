/* SPDX-License-Identifier: MIT */
/* moves.c - the order of copying. Knows only addresses. */
#include "core/moves.h"

/* True if carrying out `first` leaves the source of `later` as it is. */
static bool may_precede(const struct move *first, const struct move *later)
{
	struct phys_range written = { first->to, first->to + first->size };
	struct phys_range read = { later->from, later->from + later->size };

	return !phys_overlap(written, read);
}

/* The first move from `begin` on that harms no other from there on; `count` if there is none. */
static unsigned find_harmless(const struct move *moves, unsigned begin, unsigned count)
{
	for (unsigned i = begin; i < count; i++) {
		unsigned other = begin;

		while (other < count && (other == i || may_precede(&moves[i], &moves[other])))
			other++;
		if (other == count)
			return i;
	}
	return count;
}

bool moves_sort(struct move *moves, unsigned count)
{
	for (unsigned done = 0; done < count; done++) {
		unsigned next = find_harmless(moves, done, count);
		struct move move;

		if (next == count)
			return false;
		move = moves[next];
		moves[next] = moves[done];
		moves[done] = move;
	}
	return true;
}

unsigned moves_in_order(const struct move *moves, unsigned count)
{
	unsigned i = 0;

	while (i < count && find_harmless(moves, i, count) == i)
		i++;
	return i;
}
