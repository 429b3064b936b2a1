/* SPDX-License-Identifier: MIT */
/* memory.c - turns regions into a sorted map. Knows nothing of BIOS or UEFI; the stricter region
 * wins. */
#include "core/memory.h"

/* Physical addresses have at most 52 bits (SDM volume 3A, 4.1.4). */
#define PHYS_LIMIT (UINT64_C(1) << 52)

/* The address at which a region begins or ends. */
struct edge {
	uint64_t at;
	int8_t change; /* +1 begins, -1 ends */
	uint8_t type;
};

uint64_t memory_total(const struct memory *memory, enum memory_type type)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < memory->count; i++) {
		const struct memory_range *range = &memory->ranges[i];

		total += value_if(range->type == type, range->phys.end - range->phys.begin);
	}
	return total;
}

/* The region in whole pages: usable memory is rounded inward, all else outward. Empty if the region
 * is. */
static struct phys_range whole_pages(const struct memory_range *region)
{
	uint64_t begin = min_u64(region->phys.begin, PHYS_LIMIT);
	uint64_t end = min_u64(region->phys.end, PHYS_LIMIT);
	const bool inward = region->type == MEMORY_USABLE;
	const uint64_t up = value_if(inward, PAGE_SIZE - 1), outward = PAGE_SIZE - 1 - up;
	struct phys_range pages = { page_down(begin + up), page_down(end + outward) };
	bool is_empty = begin >= end || pages.begin >= pages.end;

	pages.end -= value_if(is_empty, pages.end - pages.begin);
	return pages;
}

/* Inserts an edge in order. Regions mostly come sorted, so it mostly goes to the end. */
static void insert_edge(struct edge *edges, unsigned *count, struct edge edge)
{
	unsigned at = (*count)++;

	for (; at > 0 && edges[at - 1].at > edge.at; at--)
		edges[at] = edges[at - 1];
	edges[at] = edge;
}

/* The strictest type that has an open region. */
static enum memory_type strictest(const unsigned *regions)
{
	unsigned type = MEMORY_TYPES - 1;

	while (type > MEMORY_NONE && regions[type] == 0)
		type--;
	return (enum memory_type)type;
}

/* Adds [begin, end) to the end of the map, or lengthens the last range. False if the map is full.
 */
static bool append(struct memory *memory, uint64_t begin, uint64_t end, enum memory_type type)
{
	struct memory_range *last = memory->count > 0 ? &memory->ranges[memory->count - 1] : NULL;

	if (begin == end || type == MEMORY_NONE)
		return true;
	if (last != NULL && last->type == type && last->phys.end == begin) {
		last->phys.end = end;
		return true;
	}
	if (memory->count == MEMORY_MAX_RANGES)
		return false;
	memory->ranges[memory->count++] = (struct memory_range){ { begin, end }, type };
	return true;
}

/* Walks over the sorted edges; between two of them, the strictest open region wins. */
static bool sweep(struct memory *memory, const struct edge *edges, unsigned count)
{
	unsigned open[MEMORY_TYPES] = { 0 };

	memory->count = 0;
	for (unsigned i = 0; i < count; i++) {
		open[edges[i].type] += (unsigned)edges[i].change;
		if (i + 1 < count && !append(memory, edges[i].at, edges[i + 1].at, strictest(open)))
			return false;
	}
	return true;
}

/* Refuses because there is no room to sort regions. */
static bool refuse_regions(unsigned count, struct report *report)
{
	return refuse(report, DIAG_MEMORY_LOADER, "for sorting %u regions of memory", count);
}

bool memory_from_regions(struct memory *memory, const struct memory_range *regions, unsigned count,
                         struct scratch scratch, struct report *report)
{
	struct edge *edges = scratch_take(&scratch, 2 * (uint64_t)count * sizeof(*edges), 8);
	unsigned edge_count = 0;

	if (edges == NULL)
		return refuse_regions(count, report);
	for (unsigned i = 0; i < count; i++) {
		struct phys_range pages = whole_pages(&regions[i]);
		uint8_t type = (uint8_t)regions[i].type;

		if (pages.begin == pages.end)
			continue;
		insert_edge(edges, &edge_count, (struct edge){ pages.begin, 1, type });
		insert_edge(edges, &edge_count, (struct edge){ pages.end, -1, type });
	}
	if (!sweep(memory, edges, edge_count))
		return refuse(report, DIAG_MEMORY_RANGES, "the map has more than %u ranges",
		              MEMORY_MAX_RANGES);
	return true;
}

bool memory_read(struct memory *memory, const struct machine *machine, struct scratch scratch,
                 struct report *report)
{
	unsigned count = machine->firmware_count + 1;
	struct memory_range *regions = scratch_take(&scratch, count * sizeof(*regions), 8);

	if (regions == NULL)
		return refuse_regions(count, report);
	regions[0] = (struct memory_range){ { 0, PAGE_SIZE }, MEMORY_RESERVED };
	for (unsigned i = 1; i < count; i++)
		regions[i] = (struct memory_range){ machine->firmware[i - 1].phys,
			                            machine->firmware[i - 1].type };
	if (!memory_from_regions(memory, regions, count, scratch, report))
		return false;
	if (memory_total(memory, MEMORY_USABLE) == 0)
		return refuse(report, DIAG_MEMORY_NONE,
		              "its %u ranges contain no whole usable page",
		              machine->firmware_count);
	return true;
}
