/* SPDX-License-Identifier: MIT */
/* look.c - page tables, read by hand (Intel SDM volume 3A, 4.5). Writes nothing. */
#include "explain/look.h"

#define PRESENT    (UINT64_C(1) << 0)
#define WRITABLE   (UINT64_C(1) << 1)
#define USER       (UINT64_C(1) << 2)
#define LARGE      (UINT64_C(1) << 7)
#define NO_EXECUTE (UINT64_C(1) << 63)
#define ADDRESS    UINT64_C(0x000ffffffffff000)
#define TOP_LEVEL  3 /* the highest level at which an entry can be a page */

static unsigned levels(const struct look *look)
{
	return (look->fault->cr4 & CR4_5_LEVELS) != 0 ? 5 : 4;
}

/* Walks tables that begin at physical `root`; `safe`: they are our own and need no looking up. */
static struct page walk(const struct look *look, uint64_t root, uint64_t address, bool safe)
{
	struct page page = { .write = true, .execute = true, .user = true };
	uint64_t table = root & ADDRESS;

	for (page.level = levels(look); page.level > 0; page.level--) {
		unsigned shift = 12 + 9 * (page.level - 1);
		uint64_t at = table + (address >> shift & 511) * 8;
		uint64_t offset = (UINT64_C(1) << shift) - 1;

		if (safe)
			memcpy(&page.entry, look->memory + (uintptr_t)at, sizeof(page.entry));
		else if (!look_read_physical(look, at, &page.entry, sizeof(page.entry)))
			return page;
		if ((page.entry & PRESENT) == 0
		    || (page.level > TOP_LEVEL && (page.entry & LARGE) != 0))
			return page;
		page.write = page.write && (page.entry & WRITABLE) != 0;
		page.user = page.user && (page.entry & USER) != 0;
		page.execute = page.execute && (page.entry & NO_EXECUTE) == 0;
		table = page.entry & ADDRESS;
		if (page.level == 1 || (page.level <= TOP_LEVEL && (page.entry & LARGE) != 0)) {
			page.mapped = true;
			page.physical = (table & ~offset) | (address & offset);
			return page;
		}
	}
	return page;
}

bool look_canonical(const struct look *look, uint64_t address)
{
	uint64_t high = address >> (levels(look) == 5 ? 56 : 47);

	return high == 0 || high == UINT64_MAX >> (levels(look) == 5 ? 56 : 47);
}

struct page look_up(const struct look *look, uint64_t address)
{
	if (!look_canonical(look, address))
		return (struct page){ .level = levels(look) };
	return walk(look, look->fault->cr3, address, false);
}

bool look_read_physical(const struct look *look, uint64_t address, void *to, unsigned size)
{
	uint64_t half = UINT64_C(1) << (levels(look) == 5 ? 56 : 47);

	if (address >= half - size || !walk(look, look->marks->tables, address, true).mapped
	    || !walk(look, look->marks->tables, address + size - 1, true).mapped)
		return false;
	memcpy(to, look->memory + (uintptr_t)address, size);
	return true;
}

unsigned look_read(const struct look *look, uint64_t address, void *to, unsigned size)
{
	unsigned done = 0;

	while (done < size) {
		struct page page = look_up(look, address + done);
		unsigned left = (unsigned)(PAGE_SIZE - ((address + done) & (PAGE_SIZE - 1)));
		unsigned part = left < size - done ? left : size - done;

		if (!page.mapped
		    || !look_read_physical(look, page.physical, (uint8_t *)to + done, part))
			break;
		done += part;
	}
	return done;
}

bool look_segment(const struct look *look, uint64_t address, struct landmark_segment *segment)
{
	for (uint64_t i = 0; i < look->marks->segment_count; i++) {
		if (look_read_physical(look, look->marks->segments + i * sizeof(*segment), segment,
		                       sizeof(*segment))
		    && address >= segment->begin && address < segment->end)
			return true;
	}
	return false;
}

bool landmark_has(struct landmark landmark, uint64_t address)
{
	return address >= landmark.begin && address < landmark.end;
}

bool look_other_cpu(const struct look *look)
{
	return look->marks->processor_count != 0 && look->fault->apic_id != look->marks->apic_id;
}
