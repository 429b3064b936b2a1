/* SPDX-License-Identifier: MIT */
/*
 * multiboot_place.c - where a Multiboot kernel goes: to the physical addresses it names, even where
 * Syslinux, this module or its own file are now, since none of these is needed any more when the
 * resident part copies. Only the loader's scratch memory, in which that runs, must not overlap. A
 * relocatable kernel then goes elsewhere, or where it prefers.
 */
#include "protocols/multiboot/multiboot_place.h"

#include "core/memory.h"
#include "core/plan/allocate.h"

/* True if the firmware calls the byte at `at` usable, and nothing else. `*until` becomes the next
 * address, if that is lower, at which one of its ranges begins or ends. */
static bool is_usable_at(const struct machine *machine, uint64_t at, uint64_t *until)
{
	bool usable = false, other = false;

	for (unsigned i = 0; i < machine->firmware_count; i++) {
		const struct firmware_range *region = &machine->firmware[i];

		if (region->phys.begin > at) {
			*until = min_u64(*until, region->phys.begin);
		} else if (region->phys.end > at) {
			*until = min_u64(*until, region->phys.end);
			usable = usable || region->type == MEMORY_USABLE;
			other = other || region->type != MEMORY_USABLE;
		}
	}
	return usable && !other;
}

/* The first bytes of `range`, which is not empty: as many as are all usable, or all not usable, as
 * `*usable` then says. */
static struct phys_range first_alike(const struct machine *machine, struct phys_range range,
                                     bool *usable)
{
	uint64_t end = range.end, until;

	*usable = is_usable_at(machine, range.begin, &end);
	while (end < range.end) {
		until = range.end;
		if (is_usable_at(machine, end, &until) != *usable)
			break;
		end = until;
	}
	return (struct phys_range){ range.begin, end };
}

/* True if the firmware calls all of the range, which is not empty, usable, and no byte of it
 * anything else. */
static bool is_usable(const struct machine *machine, struct phys_range range)
{
	bool usable;

	return first_alike(machine, range, &usable).end == range.end && usable;
}

/* The physical memory from the first to the last byte of the kernel, as linked. */
static struct phys_range extent(const struct kernel *kernel)
{
	return (struct phys_range){ kernel->segments[0].virt.begin,
		                    kernel->segments[kernel->segment_count - 1].virt.end };
}

/* The lowest or highest place for `size` bytes in `capacity`, at a multiple of `align`; NOWHERE if
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

/* True if the kernel fits where it is linked, and its tag allows that address. */
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
	uint64_t at = NOWHERE;

	if (may_stay(plan, linked, asked))
		return true;
	if (asked->preference != MB2_LOW) /* prefer where other kernels are */
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

/*
 * One segment, at its place. The zeroed part of a segment may cover addresses below 1 MiB that are
 * not memory: that hole is video memory and the BIOS, and kernels whose .bss covers it know that,
 * or do not use those bytes. They are left alone.
 */
static bool place_segment(struct plan *plan, const struct segment *segment)
{
	struct phys_range whole = { segment->virt.begin + plan->slide,
		                    segment->virt.end + plan->slide };
	uint64_t zeroes = whole.begin + segment->file.size;
	struct phys_range rest, part;
	bool usable;

	for (rest = whole; rest.begin < whole.end; rest.begin = part.end) {
		struct placement placement = { .use = USE_KERNEL,
			                       .zero = true,
			                       .segment = segment };

		part = first_alike(plan->machine, rest, &usable);
		if (whole.end > 4 * GIB || (!usable && (part.begin < zeroes || part.end > MIB)))
			return refuse(plan->report, DIAG_MULTIBOOT_NO_MEMORY,
			              "segment %u goes to %#llx-%#llx, which is not all usable "
			              "memory",
			              segment->header, ULL(whole.begin), ULL(whole.end));
		if (phys_overlap(part, plan->workspace))
			return refuse(plan->report, DIAG_MULTIBOOT_NO_MEMORY,
			              "segment %u goes to %#llx-%#llx, the loader works in "
			              "%#llx-%#llx",
			              segment->header, ULL(whole.begin), ULL(whole.end),
			              ULL(plan->workspace.begin), ULL(plan->workspace.end));
		placement.phys = part;
		placement.virt.at = part.begin;
		if (part.begin == whole.begin)
			placement.from = segment->file;
		if (usable && !plan_add(plan, placement))
			return false;
		if (!usable)
			warn(plan->report, DIAG_MULTIBOOT_HOLE,
			     "segment %u goes to %#llx-%#llx, and %#llx-%#llx of that, all zeros, "
			     "is not memory",
			     segment->header, ULL(whole.begin), ULL(whole.end), ULL(part.begin),
			     ULL(part.end));
	}
	return true;
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
