/* SPDX-License-Identifier: MIT */
/* copies.c - lists what is to be copied, and finds an order for it. */
#include "core/plan/copies.h"

#include "core/plan/allocate.h"

/* True if carrying out `first` does not overwrite the source of `later`. */
static bool may_precede(const struct copy *first, const struct copy *later)
{
	struct phys_range written = { first->to, first->to + first->size };
	struct phys_range read = { later->from, later->from + later->size };

	return !phys_overlap(written, read);
}

/* The first copy from `begin` on that overwrites no other's source; `count` if there is none. */
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

/* Adds what must be copied and zeroed for one placement. */
static void add_copying(struct plan *plan, const struct placement *placement)
{
	uint64_t to = placement->phys.begin + placement->from_at;
	uint64_t end = to + placement->from.size;
	uint64_t from = physical(plan->machine, placement->from.bytes);

	if (placement->from.size != 0 && from != to)
		plan->copies[plan->copy_count++] = (struct copy){ to, from, placement->from.size };
	if (placement->zero && placement->from_at != 0)
		plan->fills[plan->fill_count++] = (struct fill){ placement->phys.begin, to };
	if (placement->zero && end != placement->phys.end)
		plan->fills[plan->fill_count++] = (struct fill){ end, placement->phys.end };
}

/*
 * Puts the copies in order. If some depend on each other in a cycle, the source of one is first
 * copied to free memory, the bounce buffer, so that it no longer depends on the others. The array
 * has room for one more copy for each.
 */
static bool order_copies(struct plan *plan)
{
	unsigned bounced = 0; /* the first copies, which only write to free memory */
	struct phys_range bounce;

	while (!copies_sort(plan->copies + bounced, plan->copy_count - bounced)) {
		struct copy *rest = plan->copies + bounced;
		unsigned left = plan->copy_count - bounced;
		struct copy *waiting = rest + copies_in_order(rest, left);
		uint64_t from = waiting->from;
		uint64_t size = waiting->size;

		if (!plan_find(plan, size, PAGE_SIZE, 0, plan->machine->identity_limit, &bounce)
		    || !plan_add(plan,
		                 (struct placement){ .use = USE_BOUNCE_BUFFER, .phys = bounce }))
			return false;
		waiting->from = bounce.begin;
		memmove(rest + 1, rest, left * sizeof(*rest));
		*rest = (struct copy){ bounce.begin, from, size };
		plan->copy_count++;
		bounced++;
	}
	return true;
}

bool plan_copies(struct plan *plan)
{
	plan->copies = scratch_take(plan->scratch, 2 * plan->count * sizeof(*plan->copies), 8);
	plan->fills = scratch_take(plan->scratch, 2 * plan->count * sizeof(*plan->fills), 8);
	if (plan->copies == NULL || plan->fills == NULL)
		return false;
	for (unsigned i = 0; i < plan->count; i++)
		add_copying(plan, &plan->placements[i]);
	return order_copies(plan);
}
