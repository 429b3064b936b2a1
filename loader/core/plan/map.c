/* SPDX-License-Identifier: MIT */
/* map.c - makes both sets of page tables from the placements. */
#include "core/plan/map.h"

#include "core/plan/copies.h"
#include "core/plan/fault_info.h"

/* Maps a placement at its virtual addresses, in whole pages. */
static bool map_placement(struct page_tables *tables, const struct placement *placement)
{
	struct virt_range virt = placement_virtual(placement);

	virt = (struct virt_range){ page_down(virt.begin), page_up(virt.end) };
	return placement->rights == 0
	    || page_tables_map(tables, virt, (struct phys){ page_down(placement->phys.begin) },
	                       placement->rights, placement->cache);
}

/* Identity-maps physical memory, for the loader's own use. */
static bool map_identity(struct page_tables *tables, uint64_t begin, uint64_t end)
{
	struct virt_range virt = { page_down(begin), page_up(end) };

	return page_tables_map(tables, virt, (struct phys){ virt.begin },
	                       RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE, CACHE_WRITE_BACK);
}

/* Maps a placement for the loader; of a direct map only the RAM, since its gaps may be large. */
static bool map_memory(struct plan *plan, const struct placement *placement)
{
	const struct phys_range *all = &placement->phys;

	if (placement->use != USE_DIRECT_MAP)
		return map_identity(&plan->launch, all->begin, all->end);
	for (unsigned i = 0; i < plan->memory->count; i++) {
		const struct memory_range *range = &plan->memory->ranges[i];
		uint64_t begin = max_u64(range->phys.begin, all->begin);
		uint64_t end = min_u64(range->phys.end, all->end);

		if (memory_is_ram(range->type) && begin < end
		    && !map_identity(&plan->launch, begin, end))
			return false;
	}
	return true;
}

/* The tables for carrying out the plan and for explaining faults: everything below the identity
 * limit, all RAM above it, and the resident part. */
static bool map_launch(struct plan *plan)
{
	struct page_tables *tables = &plan->launch;

	if (!page_tables_begin(tables, plan->scratch, plan->machine,
	                       plan->config->options.paging_levels)
	    || !map_identity(tables, 0, plan->machine->identity_limit))
		return false;
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];

		if (placement->use == USE_RESIDENT && !map_placement(tables, placement))
			return false;
		if (placement->use <= USE_DIRECT_MAP
		    && placement->phys.end > plan->machine->identity_limit
		    && !map_memory(plan, placement))
			return false;
	}
	return true;
}

/* The kernel's tables. What was mapped first stays, so the kernel's own pages win over identity
 * maps. */
static bool map_kernel(struct plan *plan)
{
	if (!page_tables_begin(&plan->tables, plan->scratch, plan->machine,
	                       plan->config->options.paging_levels))
		return false;
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];

		if (plan->policy.small_pages)
			plan->tables.largest = placement->use == USE_DIRECT_MAP ? 2 : 1;
		if (placement->use == USE_TABLES_WINDOW)
			page_tables_map_self(&plan->tables, entry_of(placement->virt.at),
			                     placement->rights);
		else if (!map_placement(&plan->tables, placement))
			return false;
	}
	return true;
}

/* Adds the scratch memory that was taken since `begin`, in whole pages, as a placement. */
static bool add_taken(struct plan *plan, enum use use, const uint8_t *begin)
{
	const uint8_t *end = scratch_take(plan->scratch, 0, PAGE_SIZE);
	struct phys_range taken = { physical(plan->machine, begin), physical(plan->machine, end) };

	return end != NULL && plan_add(plan, (struct placement){ .use = use, .phys = taken });
}

/* Refuses tables that do not fit into what is left from `begin` on: if those for all of memory
 * alone take most of that, more memory is no cure. Always false. */
static bool refuse_tables(struct plan *plan, const char *whose, const uint8_t *begin,
                          bool large_pages)
{
	uint64_t left = begin != NULL ? (uint64_t)(plan->scratch->end - begin) : 0;
	uint64_t mapped = 0, size;

	for (unsigned i = 0; i < plan->count; i++) {
		if (plan->placements[i].use == USE_DIRECT_MAP)
			mapped += plan->placements[i].phys.end - plan->placements[i].phys.begin;
	}
	size = mapped / GIB * PAGE_SIZE; /* a table maps 1 GiB in pages of 2 MiB */
	if (!large_pages && size > left / 2)
		return refuse(plan->report, DIAG_MEMORY_TABLES,
		              "%s page tables take %llu KiB for %llu GiB in pages of 2 MiB, and "
		              "%llu KiB are left",
		              whose, ULL(size / KIB), ULL(mapped / GIB), ULL(left / KIB));
	return refuse(plan->report, DIAG_MEMORY_LOADER,
	              "%s page tables take more than the %llu KiB that are left", whose,
	              ULL(left / KIB));
}

bool plan_map(struct plan *plan)
{
	uint8_t *begin = scratch_take(plan->scratch, 0, PAGE_SIZE);
	bool large = plan->machine->cpu.gib_pages;

	if (begin == NULL || !map_kernel(plan) || !add_taken(plan, USE_PAGE_TABLES, begin))
		return refuse_tables(plan, "the kernel's", begin,
		                     large && !plan->policy.small_pages);
	begin = plan->scratch->at;
	if (!map_launch(plan) || !plan_fault_info(plan) || !add_taken(plan, USE_RESIDENT, begin)
	    || !plan_copies(plan))
		return refuse_tables(plan, "the loader's own", begin, large);
	return true;
}
