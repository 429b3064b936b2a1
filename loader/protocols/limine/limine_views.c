/* SPDX-License-Identifier: MIT */
/*
 * limine_views.c - the higher half direct map, and the identity map of base revision 0. Up to
 * revision 2, everything below 4 GiB is mapped; from 3 on, only what the kernel is to use; from 4
 * on, also the firmware's tables, which the memory map distinguishes from other reserved memory.
 */
#include "protocols/limine/limine_views.h"

#include "core/acpi.h"
#include "core/plan/address_space.h"
#include "core/smbios.h"
#include "protocols/limine/limine_efi.h"

#define DIRECT_MAP UINT64_C(0xffff800000000000)
#define MAX_TABLES 512 /* of ACPI */
#define MAX_EFI    128 /* ranges that UEFI keeps */

/* Base revisions. */
enum {
	NO_BLANKET_FROM = 3,   /* only some types of memory are seen, also below 4 GiB */
	ACPI_TABLES_FROM = 4,  /* ... and the tables of ACPI */
	OTHER_TABLES_FROM = 5, /* ... and of SMBIOS, and what is left of UEFI */
};

/* True if the direct map shows memory of this type, wherever it is or, before NO_BLANKET_FROM,
 * above 4 GiB. */
static bool is_mapped(enum memory_type type, uint64_t revision)
{
	if (revision < NO_BLANKET_FROM)
		return revision == 0 || (type != MEMORY_RESERVED && type != MEMORY_BAD);
	return type == MEMORY_USABLE
	    || (revision >= ACPI_TABLES_FROM
	        && (type == MEMORY_ACPI_RECLAIMABLE || type == MEMORY_ACPI_NVS));
}

/* The end of the part of a range that a direct map can show; 0 if it can show none of it. */
static uint64_t end_below_limit(const struct plan *plan, const struct memory_range *range)
{
	struct phys_range near = plan_below_limit(plan, range->phys);

	return near.begin < near.end ? near.end : 0;
}

/* First physical address that the direct map need not reach. */
static uint64_t direct_map_size(const struct plan *plan, uint64_t revision,
                                const struct memory *tables)
{
	uint64_t size = 4 * GIB;

	for (unsigned i = 0; i < tables->count; i++)
		size = max_u64(size, end_below_limit(plan, &tables->ranges[i]));
	for (unsigned i = 0; i < plan->memory->count; i++) {
		if (is_mapped(plan->memory->ranges[i].type, revision))
			size = max_u64(size, end_below_limit(plan, &plan->memory->ranges[i]));
	}
	return size;
}

/* Maps memory from `base` on, as far as it can be mapped. */
static bool add_view(struct plan *plan, enum use use, uint64_t base, struct phys_range phys)
{
	phys = plan_below_limit(plan, phys);
	return phys.begin >= phys.end
	    || plan_add(plan,
	                (struct placement){ .use = use,
	                                    .phys = phys,
	                                    .virt = { base + phys.begin },
	                                    .rights = RIGHTS_ALL,
	                                    .cache = use == USE_FRAMEBUFFER ? CACHE_WRITE_COMBINING
	                                                                    : CACHE_WRITE_BACK });
}

/*
 * Maps everything at `base`: first the framebuffer, since its memory type differs; before
 * NO_BLANKET_FROM, everything from `begin` to 4 GiB; and the rest of the firmware's map.
 */
static bool add_views(struct plan *plan, enum use use, uint64_t base, uint64_t begin,
                      uint64_t revision)
{
	struct phys_range pixels = plan->machine->display.screen.pixels;
	uint64_t blanket = revision < NO_BLANKET_FROM ? 4 * GIB : 0;

	if (!add_view(plan, USE_FRAMEBUFFER, base,
	              (struct phys_range){ page_down(pixels.begin), page_up(pixels.end) })
	    || !add_view(plan, use, base, (struct phys_range){ begin, blanket }))
		return false;
	for (unsigned i = 0; i < plan->memory->count; i++) {
		const struct memory_range *range = &plan->memory->ranges[i];
		struct phys_range phys = { max_u64(range->phys.begin, blanket), range->phys.end };

		if (is_mapped(range->type, revision) && !add_view(plan, use, base, phys))
			return false;
	}
	return true;
}

/* Pages of the firmware's tables that are in reserved memory, or not in the map at all. Pages of
 * another type keep it. */
static bool add_tables(struct plan *plan, uint64_t base, struct phys_range pages)
{
	for (unsigned i = 0; i < plan->memory->count && pages.begin < pages.end; i++) {
		const struct memory_range *range = &plan->memory->ranges[i];
		struct phys_range before = { pages.begin, min_u64(pages.end, range->phys.begin) };

		if (range->type == MEMORY_RESERVED || range->phys.end <= pages.begin)
			continue;
		if (!add_view(plan, USE_FIRMWARE_TABLES, base, before))
			return false;
		pages.begin = max_u64(pages.begin, range->phys.end);
	}
	return add_view(plan, USE_FIRMWARE_TABLES, base, pages);
}

/* The pages of the firmware's tables that the base revision shows. They lie in scratch memory that
 * is only borrowed. NULL, with the reason in the report, if there is no room for a list. */
static const struct memory *find_tables(const struct plan *plan, uint64_t revision)
{
	struct scratch scratch = *plan->scratch; /* a copy: what is taken of it is given back */
	unsigned count = 0, most = MAX_TABLES + SMBIOS_TABLES + MAX_EFI;
	struct memory *pages = scratch_take(&scratch, sizeof(*pages), 8);
	struct phys_range *tables = scratch_take(&scratch, most * sizeof(*tables), 8);
	struct memory_range *regions = scratch_take(&scratch, most * sizeof(*regions), 8);

	if (tables == NULL || regions == NULL || pages == NULL) {
		refuse(plan->report, DIAG_MEMORY_LOADER, "for a list of the firmware's tables");
		return NULL;
	}
	if (revision >= ACPI_TABLES_FROM)
		count += acpi_tables(plan->machine, tables, MAX_TABLES);
	if (revision >= OTHER_TABLES_FROM) {
		count += smbios_tables(plan->machine, tables + count);
		count += limine_efi_ranges(plan->machine, tables + count, MAX_EFI);
	}
	for (unsigned i = 0; i < count; i++)
		regions[i] = (struct memory_range){ tables[i], MEMORY_FIRMWARE_TABLES };
	return memory_from_regions(pages, regions, count, scratch, plan->report) ? pages : NULL;
}

bool limine_plan_views(struct limine *limine)
{
	struct plan *plan = limine->plan;
	uint64_t revision = limine->requests.revision;
	const struct memory *tables = find_tables(plan, revision);
	uint64_t base = plan->config->options.direct_map, size;

	if (tables == NULL)
		return false;
	size = direct_map_size(plan, revision, tables);
	if (base != 0
	    && !plan_virtual_is_free(plan, (struct virt_range){ base, base + size }, "-direct-map"))
		return false;
	if (base == 0 && !plan_find_virtual(plan, size, DIRECT_MAP, &base))
		return false;
	limine->direct_map = base;
	plan->fault_info.direct_map = (struct fault_range){ base, base + size };
	for (unsigned i = 0; i < tables->count; i++) {
		if (!add_tables(plan, base, tables->ranges[i].phys))
			return false;
	}
	return add_views(plan, USE_DIRECT_MAP, base, 0, revision)
	    && (revision > 0 || add_views(plan, USE_IDENTITY, 0, PAGE_SIZE, revision));
}
