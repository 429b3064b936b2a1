/* SPDX-License-Identifier: MIT */
/*
 * walker.h - reads page tables as a CPU does, to check those that the loader builds. Shares nothing
 * with core/paging.c but the manual: Intel SDM volume 3A, 4.5, tables 4-14 to 4-20.
 */
#ifndef WALKER_H
#define WALKER_H

#include "check.h"

/* A page as the tables have it. */
struct seen {
	uint64_t virt, phys, size;
	uint8_t rights; /* of enum rights, as the CPU combines those of all levels */
	uint8_t pat; /* number of the entry of the PAT: 0 write-back, 5 write-combining, 3 uncached
	              */
};

struct walker {
	const uint8_t *memory; /* where physical address 0 is seen */
	uint64_t root;
	unsigned levels;
	void (*see)(void *context, const struct seen *page);
	void *context;
};

/* The fields of an entry that is a page. */
static inline struct seen walker_page(uint64_t entry, unsigned level, uint64_t virt, uint8_t rights)
{
	uint64_t size = UINT64_C(1) << (12 + 9 * (level - 1));
	unsigned pat = (unsigned)(level == 1 ? entry >> 7 & 1 : entry >> 12 & 1);
	uint64_t flags = level == 1 ? 0xfff : 0x1fff;
	struct seen page = { virt, entry & UINT64_C(0x000fffffffffffff) & ~flags, size, rights,
		             (uint8_t)(pat << 2 | (entry >> 3 & 3)) };

	if ((page.phys & (size - 1)) != 0)
		FAIL("a page of %#" PRIx64 " bytes at physical %#" PRIx64 ": reserved bits are set",
		     size, page.phys);
	if ((entry & 0x7f00000000000f60) != 0 || (level > 1 && (entry & 0x80) == 0))
		FAIL("the entry of %#" PRIx64 " has bits that nobody asked for: %#" PRIx64, virt,
		     entry);
	return page;
}

/* The table that an entry points at; only an entry that points at the top table may restrict
 * rights. */
static inline uint64_t next_table(const struct walker *walker, uint64_t entry)
{
	uint64_t table = entry & 0x000ffffffffff000;

	if (table == walker->root)
		entry &= ~(UINT64_C(1) << 63);
	EXPECT_EQUAL(entry - table, 3);
	return table;
}

/* Every page in a table at `level` that begins at address `virt`. */
static inline void walk_table(const struct walker *walker, uint64_t table, unsigned level,
                              uint64_t virt, uint8_t rights)
{
	for (unsigned i = 0; i < 512; i++) {
		uint64_t at = virt + ((uint64_t)i << (12 + 9 * (level - 1)));
		uint8_t left = rights;
		struct seen page;
		uint64_t entry;

		memcpy(&entry, walker->memory + table + 8 * i, sizeof(entry));
		if ((entry & 1) == 0) {
			EXPECT_EQUAL(entry, 0);
			continue;
		}
		left &= (uint8_t)((entry & 2) != 0 ? 7 : ~RIGHT_WRITE);
		left &= (uint8_t)(entry >> 63 == 0 ? 7 : ~RIGHT_EXECUTE);
		if (level == 1 || (entry & 0x80) != 0) {
			EXPECT(level <= 3);
			page = walker_page(entry, level, at, left);
			walker->see(walker->context, &page);
		} else {
			walk_table(walker, next_table(walker, entry), level - 1, at, left);
		}
	}
}

/* Shows every page of the whole address space, from the lowest virtual address to the highest. */
static inline void walk(const struct walker *walker)
{
	unsigned bits = 12 + 9 * walker->levels;

	EXPECT_EQUAL(walker->root & 0xfff, 0);
	for (unsigned half = 0; half < 2; half++) {
		for (unsigned i = 256 * half; i < 256 * (half + 1); i++) {
			uint64_t high = half == 0 ? 0 : -(UINT64_C(1) << bits);
			uint64_t virt = high + ((uint64_t)i << (bits - 9));
			uint64_t entry;

			memcpy(&entry, walker->memory + walker->root + 8 * i, sizeof(entry));
			if (entry == 0)
				continue;
			walk_table(walker, next_table(walker, entry), walker->levels - 1, virt,
			           entry >> 63 == 0 ? 7 : 7 & ~RIGHT_EXECUTE);
		}
	}
}

/* Adjacent pages with the same rights become one range, which is easier to compare. */
struct view {
	struct seen ranges[4096];
	unsigned count;
};

static inline void view_add(void *context, const struct seen *page)
{
	struct view *view = context;
	struct seen *last = view->count > 0 ? &view->ranges[view->count - 1] : NULL;

	if (last != NULL && last->virt + last->size == page->virt
	    && last->phys + last->size == page->phys && last->rights == page->rights
	    && last->pat == page->pat) {
		last->size += page->size;
		return;
	}
	EXPECT(view->count < COUNT(view->ranges));
	view->ranges[view->count++] = *page;
}

/* The whole address space as few ranges, sorted. */
static inline void view_tables(struct view *view, const uint8_t *memory, uint64_t root,
                               unsigned levels)
{
	struct walker walker = { memory, root, levels, view_add, view };

	view->count = 0;
	walk(&walker);
}

/* The range at a virtual address, or NULL. */
static inline const struct seen *view_at(const struct view *view, uint64_t virt)
{
	for (unsigned i = 0; i < view->count; i++) {
		if (virt - view->ranges[i].virt < view->ranges[i].size)
			return &view->ranges[i];
	}
	return NULL;
}

#endif
