/* SPDX-License-Identifier: MIT */
/*
 * multiboot_place.c - where a Multiboot kernel goes: to the physical addresses it names, even where
 * Syslinux, this module or its own file lie now, since all of these are done with when the resident
 * part copies. Only the loader's scratch memory, in which that runs, may not be in the way. A
 * kernel that can be moved goes elsewhere then, or where it likes best.
 */
#include "protocols/multiboot/multiboot_place.h"

#include "core/memory.h"

#define NOWHERE UINT64_MAX

/* Where the usable memory at `at` ends, as far as one range of the firmware's map tells; `at` if
 * that is not usable. */
static uint64_t usable_end(const struct machine *machine, uint64_t at)
{
	uint64_t end = at;

	for (unsigned i = 0; i < machine->firmware_count; i++) {
		const struct firmware_range *region = &machine->firmware[i];

		if (region->type == MEMORY_USABLE && at >= region->phys.begin)
			end = max_u64(end, region->phys.end);
	}
	return end;
}

/* True if the firmware calls all of the range usable, and no byte of it anything else. */
static bool is_usable(const struct machine *machine, struct phys_range range)
{
	uint64_t at = range.begin, end;

	for (unsigned i = 0; i < machine->firmware_count; i++) {
		const struct firmware_range *region = &machine->firmware[i];

		if (region->type != MEMORY_USABLE && phys_overlap(region->phys, range))
			return false;
	}
	while (at < range.end && (end = usable_end(machine, at)) > at)
		at = end;
	return at >= range.end;
}

/* The physical memory from the first to the last byte of the kernel, as linked. */
static struct phys_range extent(const struct kernel *kernel)
{
	return (struct phys_range){ kernel->segments[0].virt.begin,
		                    kernel->segments[kernel->segment_count - 1].virt.end };
}

/* The place for `size` bytes in `room`, lowest or highest, at a multiple of `align`; NOWHERE if
 * they do not fit. */
static uint64_t place_in(struct phys_range capacity, uint64_t size, uint64_t align, bool high)
{
	uint64_t at = align_up(capacity.begin, align);

	if (at > capacity.end || capacity.end - at < size)
		return NOWHERE;
	return high ? align_down(capacity.end - size, align) : at;
}

/* The lowest or highest place for the kernel in [lowest, highest), clear of the scratch memory;
 * NOWHERE if there is none. */
static uint64_t find_place(const struct plan *plan, uint64_t size,
                           const struct mb2_relocatable *asked, uint64_t lowest)
{
	bool high = asked->preference == MB2_HIGH;
	uint64_t best = NOWHERE;

	for (unsigned i = 0; i < plan->memory->count; i++) {
		const struct memory_range *memory = &plan->memory->ranges[i];
		struct phys_range capacity = { max_u64(memory->phys.begin, lowest),
			                       min_u64(memory->phys.end, asked->highest) };
		struct phys_range parts[] = {
			{ capacity.begin, min_u64(capacity.end, plan->workspace.begin) },
			{ max_u64(capacity.begin, plan->workspace.end), capacity.end },
		};

		for (unsigned part = 0; memory->type == MEMORY_USABLE && part < COUNT(parts);
		     part++) {
			uint64_t at = place_in(parts[part], size, asked->align, high);

			if (at != NOWHERE && (best == NOWHERE || high == (at > best)))
				best = at;
		}
	}
	return best;
}

/* True if the kernel can lie where it is linked, and the tag allows it. */
static bool may_stay(const struct plan *plan, struct phys_range linked,
                     const struct mb2_relocatable *asked)
{
	return asked->preference != MB2_LOW && asked->preference != MB2_HIGH
	    && linked.begin >= asked->lowest && linked.end <= asked->highest
	    && (linked.begin & (asked->align - 1)) == 0 && is_usable(plan->machine, linked)
	    && !phys_overlap(linked, plan->workspace);
}

bool multiboot_move(struct plan *plan, const struct mb2_relocatable *asked)
{
	struct phys_range linked = extent(plan->kernel);
	uint64_t size = linked.end - linked.begin;
	uint64_t at = linked.begin;

	if (may_stay(plan, linked, asked))
		return true;
	at = NOWHERE;
	if (asked->preference != MB2_LOW) /* rather where other kernels are, too */
		at = find_place(plan, size, asked, max_u64(asked->lowest, MIB));
	if (at == NOWHERE)
		at = find_place(plan, size, asked, asked->lowest);
	if (at == NOWHERE)
		return refuse(plan->report, DIAG_MULTIBOOT_NO_MEMORY,
		              "%#llx bytes, at a multiple of %#x in %#x-%#x: no such memory is "
		              "usable",
		              ULL(size), asked->align, asked->lowest, asked->highest);
	plan->slide = at - linked.begin;
	return true;
}

/* One segment, at its place. */
static bool place_segment(struct plan *plan, const struct segment *segment)
{
	uint64_t begin = segment->virt.begin + plan->slide;
	uint64_t end = segment->virt.end + plan->slide;
	struct placement placement = { .use = USE_KERNEL,
		                       .phys = { begin, end },
		                       .virt = { begin },
		                       .from = segment->file,
		                       .zero = true };

	if (end > 4 * GIB || !is_usable(plan->machine, placement.phys))
		return refuse(plan->report, DIAG_MULTIBOOT_NO_MEMORY,
		              "segment %u goes to %#llx-%#llx, which is not all usable memory",
		              segment->header, ULL(begin), ULL(end));
	if (phys_overlap(placement.phys, plan->workspace))
		return refuse(plan->report, DIAG_MULTIBOOT_NO_MEMORY,
		              "segment %u goes to %#llx-%#llx, the loader works in %#llx-%#llx",
		              segment->header, ULL(begin), ULL(end), ULL(plan->workspace.begin),
		              ULL(plan->workspace.end));
	return plan_add(plan, placement);
}

bool multiboot_place(struct plan *plan)
{
	for (unsigned i = 0; i < plan->kernel->segment_count; i++) {
		if (!place_segment(plan, &plan->kernel->segments[i]))
			return false;
	}
	plan->kernel_physical = plan->kernel->virt.begin + plan->slide;
	return true;
}
