/* SPDX-License-Identifier: MIT */
/* allocate.c - searches for free memory. Knows what is taken, not for which purpose. */
#include "core/plan/allocate.h"

#include "core/plan/address_space.h"

/* If `range` overlaps `obstacle`, raises *past to the end of `obstacle`. */
static void pass(struct phys_range range, struct phys_range obstacle, uint64_t *past)
{
	*past = max_u64(*past, value_if(phys_overlap(range, obstacle), obstacle.end));
}

struct phys_range plan_file_memory(const struct plan *plan, const struct file *file)
{
	uint64_t begin = physical(plan->machine, file->bytes.bytes);

	return (struct phys_range){ begin, begin + file->capacity };
}

/*
 * The highest end of anything that overlaps `range`; 0 if the range is free. With `own_file`, the
 * memory of the kernel's own file counts as free.
 */
static uint64_t obstacle_end(const struct plan *plan, struct phys_range range, bool own_file)
{
	const struct config *config = plan->config;
	uint64_t past = 0;

	for (unsigned i = 0; i < plan->machine->reserved_count; i++)
		pass(range, plan->machine->reserved[i], &past);
	if (!own_file)
		pass(range, plan_file_memory(plan, &config->kernel), &past);
	for (unsigned i = 0; i < config->module_count; i++)
		pass(range, plan_file_memory(plan, &config->modules[i]), &past);
	for (unsigned i = 0; i < plan->count; i++) {
		if (plan->placements[i].use < USE_DIRECT_MAP)
			pass(range, plan->placements[i].phys, &past);
	}
	return past;
}

/* Moves `range` upward, to `rest` modulo `align`, until it lies in usable memory of the map. False
 * if there is no more. */
static bool into_memory(const struct plan *plan, struct phys_range *range, uint64_t align,
                        uint64_t rest, uint64_t limit)
{
	uint64_t size = range->end - range->begin;

	limit = min_u64(limit, plan_identity_limit(plan));
	for (unsigned i = 0; i < plan->memory->count; i++) {
		const struct memory_range *memory = &plan->memory->ranges[i];
		uint64_t end = min_u64(memory->phys.end, limit);
		uint64_t at = align_up_to(max_u64(range->begin, memory->phys.begin), align, rest);

		if (memory->type == MEMORY_USABLE && at >= range->begin
		    && in_bounds(at, size, end)) {
			*range = (struct phys_range){ at, at + size };
			return true;
		}
	}
	return false;
}

bool plan_find_from(const struct plan *plan, uint64_t lowest, uint64_t size, uint64_t align,
                    uint64_t rest, uint64_t limit, struct phys_range *found)
{
	struct phys_range range = { lowest, lowest + size };

	while (into_memory(plan, &range, align, rest, limit)) {
		uint64_t past = obstacle_end(plan, range, false);

		if (past == 0) {
			*found = range;
			return true;
		}
		range = (struct phys_range){ past, past + size };
	}
	return false;
}

uint64_t plan_lowest(const struct plan *plan)
{
	return max_u64(plan->policy.lowest_memory, LOWEST_PLACE);
}

bool plan_find(const struct plan *plan, uint64_t size, uint64_t align, uint64_t rest,
               uint64_t limit, struct phys_range *found)
{
	return plan_find_from(plan, plan_lowest(plan), size, align, rest, limit, found)
	    || plan_find_from(plan, LOWEST_PLACE, size, align, rest, limit, found);
}

uint64_t plan_try(const struct plan *plan, struct phys_range range, bool own_file)
{
	struct phys_range have = range;
	uint64_t past;

	if (range.end < range.begin || !into_memory(plan, &have, 1, 0, UINT64_MAX))
		return NOWHERE;
	past = have.begin != range.begin ? have.begin : obstacle_end(plan, range, own_file);
	return past != 0 ? past : range.begin;
}

bool plan_reserve(struct plan *plan, enum use use, uint64_t size, uint8_t **bytes,
                  struct placement **placement)
{
	uint64_t begin;

	*bytes = scratch_reserve(plan->scratch, size, PAGE_SIZE);
	if (*bytes == NULL)
		return refuse(plan->report, DIAG_MEMORY_LOADER,
		              "the %s takes %llu KiB, the loader has %llu KiB left", use_name(use),
		              ULL(size / KIB),
		              ULL((uint64_t)(plan->scratch->end - plan->scratch->at) / KIB));
	begin = physical(plan->machine, *bytes);
	if (!plan_add(plan, (struct placement){ .use = use, .phys = { begin, begin + size } }))
		return false;
	*placement = &plan->placements[plan->count - 1];
	return true;
}

bool plan_scratch(struct plan *plan, enum use use, uint64_t size, uint8_t **bytes,
                  struct placement **placement)
{
	return plan_reserve(plan, use, size, bytes, placement)
	    && memset(*bytes, 0, (size_t)size) != NULL;
}

bool plan_refuse_memory(struct plan *plan, enum diag code, const char *name, uint64_t size)
{
	char detail[200];
	struct text text = text_in(detail, sizeof(detail));

	text_add(&text, "%.100s takes ", name);
	text_add_size(&text, size);
	text_add(&text, "; the machine has ");
	text_add_size(&text, memory_total(plan->memory, MEMORY_USABLE));
	text_add(&text, " in all, some of it taken by the loader and the files");
	return refuse(plan->report, code, "%s", detail);
}
