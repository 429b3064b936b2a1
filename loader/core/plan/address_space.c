/* SPDX-License-Identifier: MIT */
/* address_space.c - finds virtual addresses at which nothing is mapped. Makes no page tables. */
#include "core/plan/address_space.h"

#define LAST_ENTRY  UINT64_C(0xffffff8000000000)
#define WINDOW_BASE UINT64_C(0xffffa00000000000)

/* Addresses in one half of the address space: 2^47 with 4 levels. */
static uint64_t half_size(const struct plan *plan)
{
	return UINT64_C(1) << (virtual_bits(plan->config->options.paging_levels) - 1);
}

/* The first placement that is mapped in a page of `virt`, or NULL. */
static const struct placement *mapped_at(const struct plan *plan, struct virt_range virt)
{
	for (unsigned i = 0; i < plan->count; i++) {
		struct virt_range taken = placement_virtual(&plan->placements[i]);

		taken = (struct virt_range){ page_down(taken.begin), page_up(taken.end) };
		if (plan->placements[i].rights != 0 && virt_overlap(taken, virt))
			return &plan->placements[i];
	}
	return NULL;
}

bool plan_virtual_is_free(const struct plan *plan, struct virt_range virt, const char *name)
{
	unsigned levels = plan->config->options.paging_levels;
	const struct placement *other = mapped_at(plan, virt);
	struct virt_range taken;

	if (!is_canonical(virt.begin, virt.end - virt.begin, virtual_bits(levels)))
		return refuse(plan->report, DIAG_CONFIG_BAD_VALUE,
		              "%s: %#llx-%#llx goes beyond the addresses that the CPU has", name,
		              ULL(virt.begin), ULL(virt.end));
	if (other == NULL)
		return true;
	taken = placement_virtual(other);
	return refuse(plan->report, DIAG_MAP_COLLIDES, "%s: %#llx-%#llx, and the %s: %#llx-%#llx",
	              name, ULL(virt.begin), ULL(virt.end), use_name(other->use), ULL(taken.begin),
	              ULL(taken.end));
}

/* As plan_find_virtual(), in [begin, end) only. */
static bool find_entries(const struct plan *plan, uint64_t size, uint64_t begin, uint64_t end,
                         uint64_t *at)
{
	for (*at = begin; *at < end && in_bounds(*at, size, end); *at += ENTRY_SIZE) {
		if (mapped_at(plan, (struct virt_range){ *at, *at + size }) == NULL)
			return true;
	}
	return false;
}

bool plan_find_virtual(const struct plan *plan, uint64_t size, uint64_t first, uint64_t *at)
{
	uint64_t half = half_size(plan);

	if (find_entries(plan, size, first, LAST_ENTRY, at)
	    || find_entries(plan, size, HIGHER_HALF, LAST_ENTRY, at)
	    || (-half != HIGHER_HALF && find_entries(plan, size, -half, LAST_ENTRY, at))
	    || find_entries(plan, size, ENTRY_SIZE, half, at))
		return true;
	return refuse(plan->report, DIAG_MAP_NO_ROOM,
	              "%llu GiB in one piece, at a multiple of 512 GiB", ULL(size / GIB));
}

bool plan_window(struct plan *plan, uint64_t size, uint64_t align, uint64_t rest, uint64_t *at)
{
	if (plan->window == 0 && !plan_find_virtual(plan, ENTRY_SIZE, WINDOW_BASE, &plan->window))
		return false;
	*at = align_up_to(plan->window + PAGE_SIZE, align, rest);
	plan->window = page_up(*at + size);
	return true;
}

uint64_t plan_identity_limit(const struct plan *plan)
{
	unsigned bits = plan->machine->cpu.physical_bits;
	uint64_t most = bits != 0 && bits < 64 ? UINT64_C(1) << bits : UINT64_MAX;

	/* Less one entry: the last one of the higher half is for kernels, and the lower half begins
	 * with the identity map. */
	return max_u64(min_u64(most, half_size(plan) - ENTRY_SIZE), 4 * GIB);
}

struct phys_range plan_below_limit(const struct plan *plan, struct phys_range range)
{
	uint64_t limit = plan_identity_limit(plan);

	return (struct phys_range){ min_u64(range.begin, limit), min_u64(range.end, limit) };
}

uint64_t plan_direct_map_size(const struct plan *plan)
{
	uint64_t size = 4 * GIB;

	for (unsigned i = 0; i < plan->memory->count; i++) {
		const struct memory_range *range = &plan->memory->ranges[i];
		struct phys_range near = plan_below_limit(plan, range->phys);
		bool is_seen = memory_is_ram(range->type) && near.begin < near.end;

		size = max_u64(size, value_if(is_seen, near.end));
	}
	return size;
}

/* One piece of the direct map. */
static bool add_direct_map(struct plan *plan, uint64_t base, uint8_t rights, struct phys_range phys)
{
	return plan_add(plan, (struct placement){ .use = USE_DIRECT_MAP,
	                                          .phys = phys,
	                                          .virt = { base + phys.begin },
	                                          .rights = rights });
}

bool plan_direct_map(struct plan *plan, uint64_t base, uint8_t rights)
{
	plan->fault_info.direct_map =
		(struct fault_range){ base, base + plan_direct_map_size(plan) };
	if (!add_direct_map(plan, base, rights, (struct phys_range){ 0, 4 * GIB }))
		return false;
	for (unsigned i = 0; i < plan->memory->count; i++) {
		const struct memory_range *range = &plan->memory->ranges[i];
		struct phys_range high = plan_below_limit(plan, range->phys);

		high.begin = max_u64(high.begin, 4 * GIB);
		if (memory_is_ram(range->type) && high.begin < high.end
		    && !add_direct_map(plan, base, rights, high))
			return false;
	}
	return true;
}

bool plan_tables_window(struct plan *plan, uint64_t at, uint8_t rights, const char *name)
{
	struct placement window = { .use = USE_TABLES_WINDOW,
		                    .phys = { 0, ENTRY_SIZE },
		                    .virt = { at },
		                    .rights = rights };

	if (at == LAST_ENTRY)
		window.phys.end -= PAGE_SIZE; /* no range reaches to the last address */
	return plan_virtual_is_free(plan, placement_virtual(&window), name)
	    && plan_add(plan, window);
}
