/* SPDX-License-Identifier: MIT */
/*
 * e820.c - asks the BIOS for its memory map. Every register that is not named is zero, and every
 * buffer lies below 1 MiB: otherwise some BIOSes fail.
 */
#include "platform/bios/e820.h"

#include "platform/bios/call.h"
#include "platform/e820/e820_entry.h"

#define SMAP       0x534d4150 /* "SMAP", read as the CPU holds it */
#define MOST_STEPS 4          /* entries that are read at most, per range that there is room for */

/* One step of E820: stores the next entry in *entry, and the continuation value, 0 at the end, in
 * *next. False if there is no entry. */
static bool e820_step(struct e820_entry *low, struct e820_entry *entry, uint32_t *next)
{
	struct bios_registers in = {
		.eax = 0xe820, .edx = SMAP, .ecx = sizeof(*low), .ebx = *next
	};
	struct bios_registers out = { 0 };

	*low = (struct e820_entry){ .attributes = E820_VALID };
	in.es = segment_of(low);
	in.edi = offset_of(low);
	bios_call(0x15, &in, &out);
	if ((out.eflags & BIOS_CARRY) != 0 || out.eax != SMAP || out.ecx < 20)
		return false;
	*entry = *low;
	if (out.ecx < 24)
		entry->attributes = E820_VALID;
	*next = out.ebx;
	return true;
}

/* The map that is being made. */
struct list {
	struct firmware_range *ranges;
	unsigned count, capacity;
	unsigned lost; /* ranges for which there was no room */
};

static uint64_t size_of(const struct firmware_range *range)
{
	return range->phys.end - range->phys.begin;
}

/* True if the list has exactly this range. */
static bool has_range(const struct list *list, const struct firmware_range *range)
{
	for (unsigned i = 0; i < list->count; i++) {
		const struct firmware_range *other = &list->ranges[i];

		if (other->phys.begin == range->phys.begin && other->phys.end == range->phys.end
		    && other->raw == range->raw)
			return true;
	}
	return false;
}

/* The smallest range of usable memory, or NULL. */
static struct firmware_range *smallest_usable(const struct list *list)
{
	struct firmware_range *smallest = NULL;

	for (unsigned i = 0; i < list->count; i++) {
		struct firmware_range *range = &list->ranges[i];

		if (range->type == MEMORY_USABLE
		    && (smallest == NULL || size_of(range) < size_of(smallest)))
			smallest = range;
	}
	return smallest;
}

/*
 * Adds a range. In a full list it replaces the smallest range of usable memory, unless it is usable
 * itself and no larger. So no reserved range is lost while a usable one is kept: memory may be
 * wasted, but reserved memory is never used.
 */
static void add_range(struct list *list, const struct firmware_range *range)
{
	struct firmware_range *place;

	if (has_range(list, range))
		return;
	if (list->count < list->capacity) {
		list->ranges[list->count++] = *range;
		return;
	}
	list->lost++;
	place = smallest_usable(list);
	if (place != NULL && (range->type != MEMORY_USABLE || size_of(range) > size_of(place)))
		*place = *range;
}

/* Reads E820's map entry by entry; some entries are empty or to be ignored. Returns how many ranges
 * there are; warns if the map is incomplete. */
static unsigned read_e820(struct firmware_range *ranges, unsigned capacity, struct report *report)
{
	struct e820_entry *low = bios_low_memory(sizeof(*low));
	struct list list = { ranges, 0, capacity, 0 };
	unsigned steps = 0, most = MOST_STEPS * capacity; /* some BIOSes never end the map */
	struct firmware_range range;
	struct e820_entry entry;
	uint32_t next = 0;
	bool more = low != NULL;

	for (; more && steps < most && e820_step(low, &entry, &next); steps++) {
		if (e820_entry_read(&entry, &range))
			add_range(&list, &range);
		more = next != 0;
	}
	if (list.lost != 0 || steps == most)
		warn(report, DIAG_MEMORY_MAP_CUT,
		     "the loader read %u entries%s; it has room for %u ranges, and left out %u",
		     steps, steps == most ? " and did not come to the end" : "", capacity,
		     list.lost);
	return list.count;
}

/* Adds memory to the map, unless it is empty. */
static void add_memory(struct firmware_range *ranges, unsigned *count, uint64_t begin,
                       uint64_t size)
{
	struct e820_entry entry = { begin, size, E820_MEMORY, E820_VALID };

	*count += e820_entry_read(&entry, &ranges[*count]);
}

/* The older calls: int 12h for the first MiB, int 15h AX=E801h or AH=88h for the rest. */
static unsigned read_old_map(struct firmware_range *ranges)
{
	struct bios_registers low = { 0 }, high = { 0 };
	unsigned count = 0;

	bios_call(0x12, &(struct bios_registers){ 0 }, &low);
	add_memory(ranges, &count, 0, (low.eax & 0xffff) * KIB);
	bios_call(0x15, &(struct bios_registers){ .eax = 0xe801 }, &high);
	if ((high.eflags & BIOS_CARRY) == 0) {
		bool in_cx = (high.ecx & 0xffff) != 0; /* some BIOSes answer in CX and DX */

		add_memory(ranges, &count, MIB, ((in_cx ? high.ecx : high.eax) & 0xffff) * KIB);
		add_memory(ranges, &count, 16 * MIB,
		           ((in_cx ? high.edx : high.ebx) & 0xffff) * 64 * KIB);
		return count;
	}
	bios_call(0x15, &(struct bios_registers){ .eax = 0x8800 }, &high);
	if ((high.eflags & BIOS_CARRY) == 0)
		add_memory(ranges, &count, MIB, (high.eax & 0xffff) * KIB);
	return count;
}

bool e820_read(struct machine *machine, struct firmware_range *ranges, unsigned capacity,
               struct report *report)
{
	unsigned count = read_e820(ranges, capacity, report);

	if (count == 0)
		count = read_old_map(ranges);
	machine->firmware = ranges;
	machine->firmware_count = count;
	return count > 0
	    || refuse(report, DIAG_BIOS_NO_MAP, "int 15h, AX = E820h, E801h and 8800h all fail");
}
