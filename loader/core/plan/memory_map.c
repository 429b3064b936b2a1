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
		[USE_BOOT_SERVICES] = MEMORY_BOOT_SERVICES,
	};

	return types[placement->use];
}

const struct memory *plan_memory_map(const struct plan *plan)
{
	struct scratch scratch = *plan->scratch; /* a copy: what is taken from it is free again */
	unsigned most = plan->memory->count + plan->count;
	struct memory *map = scratch_take(&scratch, sizeof(*map), 8);
	struct memory_range *regions = scratch_take(&scratch, most * sizeof(*regions), 8);
	unsigned count = plan->memory->count;

	if (map == NULL || regions == NULL) {
		refuse(plan->report, DIAG_MEMORY_LOADER, "for the memory map's %u regions", most);
		return NULL;
	}
	memcpy(regions, plan->memory->ranges, count * sizeof(*regions));
	for (unsigned i = 0; i < plan->count; i++) {
		regions[count] = (struct memory_range){ plan->placements[i].phys,
			                                placement_type(&plan->placements[i]) };
		count += regions[count].type != MEMORY_NONE;
	}
	return memory_from_regions(map, regions, count, scratch, plan->report) ? map : NULL;
}

unsigned plan_memory_map_capacity(const struct plan *plan, unsigned later)
{
	/* A region lies in one range, which it splits in three, or it lies in several. */
	return (unsigned)min_u64(plan->memory->count + 2 * (plan->count + later),
	                         MEMORY_MAX_RANGES);
}
