/* SPDX-License-Identifier: MIT */
/* memory_map.c - what the firmware's memory becomes once everything is placed. */
#include "core/plan/memory_map.h"

/* The type that a placement gives its memory. */
static enum memory_type placement_type(const struct placement *placement)
{
	static const enum memory_type types[USES] = {
		[USE_KERNEL] = MEMORY_KERNEL,
		[USE_MODULE] = MEMORY_MODULE,
		[USE_STACK] = MEMORY_STACK,
		[USE_BOOT_INFO] = MEMORY_BOOT_INFO,
		[USE_PAGE_TABLES] = MEMORY_PAGE_TABLES,
		[USE_RESIDENT] = MEMORY_RESIDENT,
		[USE_KERNEL_FILE] = MEMORY_KERNEL_FILE,
		[USE_FRAMEBUFFER] = MEMORY_FRAMEBUFFER,
		[USE_FIRMWARE_TABLES] = MEMORY_FIRMWARE_TABLES,
	};

	return types[placement->use];
}

/* The map, with regions added that are not placed yet. */
static const struct memory *make_map(const struct plan *plan, const struct memory_range *ahead,
                                     unsigned ahead_count)
{
	struct scratch scratch = *plan->scratch; /* a copy: what is taken from it is free again */
	unsigned most = plan->memory->count + plan->count + ahead_count;
	struct memory *map = scratch_take(&scratch, sizeof(*map), 8);
	struct memory_range *regions = scratch_take(&scratch, most * sizeof(*regions), 8);
	unsigned count = 0;

	if (map == NULL || regions == NULL) {
		refuse(plan->report, DIAG_MEMORY_LOADER, "for the memory map's %u regions", most);
		return NULL;
	}
	for (unsigned i = 0; i < plan->memory->count; i++)
		regions[count++] = plan->memory->ranges[i];
	for (unsigned i = 0; i < plan->count; i++) {
		enum memory_type type = placement_type(&plan->placements[i]);

		if (type != MEMORY_NONE)
			regions[count++] = (struct memory_range){ plan->placements[i].phys, type };
	}
	for (unsigned i = 0; i < ahead_count; i++)
		regions[count++] = ahead[i];
	return memory_from_regions(map, regions, count, scratch, plan->report) ? map : NULL;
}

const struct memory *plan_memory_map(const struct plan *plan)
{
	return make_map(plan, NULL, 0);
}

bool plan_memory_map_capacity(const struct plan *plan, unsigned *capacity)
{
	/* One page each, with a free page between them: the worst case. */
	uint64_t at = page_up(physical(plan->machine, plan->scratch->at)) + PAGE_SIZE;
	const struct memory_range ahead[] = {
		{ { at, at + PAGE_SIZE }, MEMORY_BOOT_INFO },
		{ { at + 2 * PAGE_SIZE, at + 3 * PAGE_SIZE }, MEMORY_PAGE_TABLES },
		{ { at + 4 * PAGE_SIZE, at + 5 * PAGE_SIZE }, MEMORY_RESIDENT },
	};
	const struct memory *map = make_map(plan, ahead, COUNT(ahead));

	*capacity = map != NULL ? map->count : 0;
	return map != NULL;
}
