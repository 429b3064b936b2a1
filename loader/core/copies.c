/* SPDX-License-Identifier: MIT */
/* copies.c - the order of copying. Knows only addresses. */
#include "core/copies.h"

/* True if carrying out `first` leaves the source of `later` as it is. */
static bool may_precede(const struct copy *first, const struct copy *later)
{
	struct phys_range written = { first->to, first->to + first->size };
	struct phys_range read = { later->from, later->from + later->size };

	return !phys_overlap(written, read);
}

/* The first move from `begin` on that harms no other from there on; `count` if there is none. */
static unsigned find_harmless(const struct copy *copies, unsigned begin, unsigned count)
{
	for (unsigned i = begin; i < count; i++) {
		unsigned other = begin;

		while (other < count && (other == i || may_precede(&copies[i], &copies[other])))
			other++;
		if (other == count)
			return i;
	}
	return count;
}

bool copies_sort(struct copy *copies, unsigned count)
{
	for (unsigned done = 0; done < count; done++) {
		unsigned next = find_harmless(copies, done, count);
		struct copy copy;

		if (next == count)
			return false;
		copy = copies[next];
		copies[next] = copies[done];
		copies[done] = copy;
	}
	return true;
}

unsigned copies_in_order(const struct copy *copies, unsigned count)
{
	unsigned i = 0;

	while (i < count && find_harmless(copies, i, count) == i)
		i++;
	return i;
}
