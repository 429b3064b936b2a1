/* SPDX-License-Identifier: MIT */
/* paging.c - checks what core/paging.h promises: the whole address space is read back and compared
 * with what was asked for. */
#include "check.h"

#include "core/paging.h"
#include "walker.h"

#define HIGHER_HALF UINT64_C(0xffff800000000000)
#define MEMORY      (4 * MIB) /* the simulated machine's, all of it scratch */

enum { R = RIGHT_READ, W = RIGHT_READ | RIGHT_WRITE, X = RIGHT_READ | RIGHT_EXECUTE };

static uint8_t *memory;
static struct machine machine;
static struct scratch scratch;
static struct page_tables tables;
static struct view view;

/* Empty tables in a machine that can do everything. */
static void begin(unsigned levels)
{
	if (memory == NULL)
		memory = aligned_alloc(PAGE_SIZE, MEMORY);
	machine = (struct machine){ .memory = memory,
		                    .identity_limit = MEMORY,
		                    .cpu = { .nx = true, .gib_pages = true, .pat = true } };
	scratch = (struct scratch){ memory + PAGE_SIZE, memory + MEMORY };
	EXPECT(page_tables_begin(&tables, &scratch, &machine, levels));
}

/* Maps `size` bytes. */
static void map(uint64_t virt, uint64_t phys, uint64_t size, uint8_t rights)
{
	EXPECT(page_tables_map(&tables, (struct virt_range){ virt, virt + size },
	                       (struct phys){ phys }, rights, CACHE_WRITE_BACK));
}

/* Reads the tables back. */
static void look(void)
{
	view_tables(&view, memory, physical(&machine, tables.root), tables.levels);
}

/* Range number `i` of the address space must be this. */
static void expect_range(unsigned i, uint64_t virt, uint64_t phys, uint64_t size, uint8_t rights)
{
	EXPECT(i < view.count);
	EXPECT_EQUAL(view.ranges[i].virt, virt);
	EXPECT_EQUAL(view.ranges[i].phys, phys);
	EXPECT_EQUAL(view.ranges[i].size, size);
	EXPECT_EQUAL(view.ranges[i].rights, rights);
}

/* Pages of each size. */
struct sizes {
	unsigned small, large, giant;
};

static void count_size(void *context, const struct seen *page)
{
	struct sizes *sizes = context;

	sizes->small += page->size == PAGE_SIZE;
	sizes->large += page->size == 2 * MIB;
	sizes->giant += page->size == GIB;
}

/* There must be this many pages of each size. */
static void expect_sizes(unsigned small, unsigned large, unsigned giant)
{
	struct sizes sizes = { 0, 0, 0 };
	struct walker walker = { memory, physical(&machine, tables.root), tables.levels, count_size,
		                 &sizes };

	walk(&walker);
	EXPECT_EQUAL(sizes.small, small);
	EXPECT_EQUAL(sizes.large, large);
	EXPECT_EQUAL(sizes.giant, giant);
}

TEST("entries map 4 KiB, 2 MiB, 1 GiB, 512 GiB, 256 TiB")
{
	EXPECT_EQUAL(page_table_entry_size(1), PAGE_SIZE);
	EXPECT_EQUAL(page_table_entry_size(2), 2 * MIB);
	EXPECT_EQUAL(page_table_entry_size(3), GIB);
	EXPECT_EQUAL(page_table_entry_size(4), 512 * GIB);
	EXPECT_EQUAL(page_table_entry_size(5), 512 * 512 * GIB);
}

TEST("new tables map nothing")
{
	for (unsigned levels = 4; levels <= 5; levels++) {
		begin(levels);
		look();
		EXPECT_EQUAL(view.count, 0);
	}
}

TEST("a page is mapped where it was asked for, and nothing else is")
{
	begin(4);
	map(0x400000, 0x123000, PAGE_SIZE, X);
	look();
	EXPECT_EQUAL(view.count, 1);
	expect_range(0, 0x400000, 0x123000, PAGE_SIZE, X);
}

TEST("every combination of rights is what it should be, and no more")
{
	for (uint8_t rights = R; rights <= 7; rights = (uint8_t)(rights + 2)) {
		begin(4);
		map(0x400000, 0x123000, PAGE_SIZE, rights);
		look();
		expect_range(0, 0x400000, 0x123000, PAGE_SIZE, rights);
	}
}

TEST("without NX in the CPU its bit stays clear")
{
	begin(4);
	machine.cpu.nx = false;
	map(0x400000, 0x123000, PAGE_SIZE, R);
	look();
	expect_range(0, 0x400000, 0x123000, PAGE_SIZE, X);
}

TEST("neighbours with different rights lie side by side")
{
	begin(4);
	map(HIGHER_HALF + 0x1000, 0x1000, PAGE_SIZE, X);
	map(HIGHER_HALF + 0x2000, 0x2000, PAGE_SIZE, W);
	map(HIGHER_HALF + 0x3000, 0x3000, PAGE_SIZE, R);
	look();
	EXPECT_EQUAL(view.count, 3);
	expect_range(0, HIGHER_HALF + 0x1000, 0x1000, PAGE_SIZE, X);
	expect_range(1, HIGHER_HALF + 0x2000, 0x2000, PAGE_SIZE, W);
	expect_range(2, HIGHER_HALF + 0x3000, 0x3000, PAGE_SIZE, R);
}

TEST("the largest pages that alignment allows are taken, small ones at the ends")
{
	/* [2 MiB - 4 KiB .. 3 GiB + 8 KiB) at the same distance: 1 + 511 * 2 MiB + 2 GiB + 2 */
	begin(4);
	map(2 * MIB - PAGE_SIZE, 2 * MIB - PAGE_SIZE, 3 * GIB + 3 * PAGE_SIZE - 2 * MIB, W);
	expect_sizes(1 + 2, 511, 2);
	look();
	EXPECT_EQUAL(view.count, 1);
}

TEST("a CPU without pages of 1 GiB gets pages of 2 MiB")
{
	begin(4);
	machine.cpu.gib_pages = false;
	map(0, 0, 2 * GIB, W);
	expect_sizes(0, 1024, 0);
}

TEST("addresses that differ modulo a page size get smaller pages")
{
	begin(4);
	map(GIB, 2 * MIB, GIB, W);
	expect_sizes(0, 512, 0);
	begin(4);
	map(GIB, PAGE_SIZE, 2 * MIB, W);
	expect_sizes(512, 0, 0);
}

TEST("the edges of both halves of the address space can be mapped")
{
	for (unsigned levels = 4; levels <= 5; levels++) {
		uint64_t half = UINT64_C(1) << (virtual_bits(levels) - 1);

		begin(levels);
		map(0, 0x1000, PAGE_SIZE, R);
		map(half - PAGE_SIZE, 0x2000, PAGE_SIZE, R);
		map(-half, 0x3000, PAGE_SIZE, R);
		map(-PAGE_SIZE, 0x4000, PAGE_SIZE, R); /* ends at 0: past the top */
		look();
		EXPECT_EQUAL(view.count, 4);
		expect_range(0, 0, 0x1000, PAGE_SIZE, R);
		expect_range(1, half - PAGE_SIZE, 0x2000, PAGE_SIZE, R);
		expect_range(2, -half, 0x3000, PAGE_SIZE, R);
		expect_range(3, -PAGE_SIZE, 0x4000, PAGE_SIZE, R);
	}
}

TEST("a mapping may cross the borders of tables at every level")
{
	begin(5);
	map((UINT64_C(1) << 48) - PAGE_SIZE, 0x7ff000, 2 * PAGE_SIZE, X);
	look();
	EXPECT_EQUAL(view.count, 1);
	expect_range(0, (UINT64_C(1) << 48) - PAGE_SIZE, 0x7ff000, 2 * PAGE_SIZE, X);
}

TEST("physical addresses up to 2^52 can be mapped")
{
	begin(4);
	map(GIB, (UINT64_C(1) << 52) - GIB, GIB, W);
	map(0x1000, (UINT64_C(1) << 52) - PAGE_SIZE, PAGE_SIZE, W);
	look();
	expect_range(0, 0x1000, (UINT64_C(1) << 52) - PAGE_SIZE, PAGE_SIZE, W);
	expect_range(1, GIB, (UINT64_C(1) << 52) - GIB, GIB, W);
}

TEST("what is mapped already stays as it is, whatever its page size")
{
	begin(4);
	map(0x201000, 0x5000, PAGE_SIZE, X);
	map(GIB, 0, 2 * MIB, R);
	map(0, 0, 2 * GIB, W);
	look();
	EXPECT_EQUAL(view.count, 5);
	expect_range(0, 0, 0, 0x201000, W);
	expect_range(1, 0x201000, 0x5000, PAGE_SIZE, X);
	expect_range(2, 0x202000, 0x202000, GIB - 0x202000, W);
	expect_range(3, GIB, 0, 2 * MIB, R);
	expect_range(4, GIB + 2 * MIB, GIB + 2 * MIB, GIB - 2 * MIB, W);
}

TEST("pixels are mapped write-combining, by the PAT's entry 5, in every page size")
{
	begin(4);
	EXPECT(page_tables_map(&tables, (struct virt_range){ GIB - PAGE_SIZE, 2 * GIB + 2 * MIB },
	                       (struct phys){ GIB - PAGE_SIZE }, W, CACHE_WRITE_COMBINING));
	expect_sizes(1, 1, 1);
	look();
	EXPECT_EQUAL(view.count, 1);
	EXPECT_EQUAL(view.ranges[0].pat, 5);
}

TEST("without a PAT pixels are mapped uncached")
{
	begin(4);
	machine.cpu.pat = false;
	EXPECT(page_tables_map(&tables, (struct virt_range){ GIB - PAGE_SIZE, 2 * GIB + 2 * MIB },
	                       (struct phys){ GIB - PAGE_SIZE }, W, CACHE_WRITE_COMBINING));
	look();
	EXPECT_EQUAL(view.count, 1);
	EXPECT_EQUAL(view.ranges[0].pat, 3);
}

TEST("an empty mapping maps nothing")
{
	begin(4);
	map(0x400000, 0x123000, 0, X);
	look();
	EXPECT_EQUAL(view.count, 0);
}

TEST("tables that do not fit into scratch memory are refused, at every size of it")
{
	begin(4);
	scratch.at = scratch.end;
	EXPECT(!page_tables_begin(&tables, &scratch, &machine, 4));
	for (unsigned pages = 1; pages < 4; pages++) {
		begin(4);
		scratch.end = scratch.at + (pages - 1) * PAGE_SIZE;
		EXPECT(!page_tables_map(&tables, (struct virt_range){ 0x1000, 0x2000 },
		                        (struct phys){ 0x1000 }, R, CACHE_WRITE_BACK));
	}
	begin(4);
	scratch.end = scratch.at + 3 * PAGE_SIZE;
	map(0x1000, 0x1000, PAGE_SIZE, R);
	look();
	EXPECT_EQUAL(view.count, 1);
}

/* --- a model to compare with: one entry a page, for some MiB --- */

#define MODEL_PAGES 8192 /* 32 MiB */

static struct seen model[MODEL_PAGES]; /* size 0: not mapped */
static uint64_t model_base;

/* Maps in the model: what is mapped already stays. */
static void model_map(uint64_t first, uint64_t pages, uint64_t phys, uint8_t rights)
{
	for (uint64_t i = first; i < first + pages; i++) {
		if (model[i].size == 0)
			model[i] = (struct seen){ model_base + i * PAGE_SIZE,
				                  phys + (i - first) * PAGE_SIZE, PAGE_SIZE, rights,
				                  0 };
	}
}

/* Every page of a large page must be in the model as it is. */
static void compare(void *context, const struct seen *page)
{
	unsigned *compared = context;

	for (uint64_t at = 0; at < page->size; at += PAGE_SIZE) {
		uint64_t number = (page->virt + at - model_base) / PAGE_SIZE;

		EXPECT(number < MODEL_PAGES);
		EXPECT(model[number].size != 0);
		EXPECT_EQUAL(page->phys + at, model[number].phys);
		EXPECT_EQUAL(page->rights, model[number].rights);
		++*compared;
	}
}

/* How many pages of the model are mapped. */
static unsigned model_count(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < MODEL_PAGES; i++)
		count += model[i].size != 0;
	return count;
}

TEST("random mappings, one over the other, are what a simple model makes of them")
{
	uint64_t seed = 7;

	for (unsigned round = 0; round < 150; round++) {
		unsigned levels = 4 + round % 2, compared = 0;
		struct walker walker;

		begin(levels);
		machine.cpu.gib_pages = round % 3 != 0;
		model_base = round % 4 < 2 ? 0 : -(UINT64_C(1) << (virtual_bits(levels) - 1));
		memset(model, 0, sizeof(model));
		for (unsigned i = 0; i < 12; i++) {
			uint64_t grain = check_below(&seed, 2) ? 1 : 512;
			uint64_t first = check_below(&seed, MODEL_PAGES / grain) * grain;
			uint64_t pages = check_below(&seed, MODEL_PAGES - first + 1);
			uint64_t phys = check_below(&seed, 1000000) * grain * PAGE_SIZE;
			uint8_t rights = (uint8_t)(1 + 2 * check_below(&seed, 4));

			map(model_base + first * PAGE_SIZE, phys, pages * PAGE_SIZE, rights);
			model_map(first, pages, phys, rights);
		}
		walker = (struct walker){ memory, physical(&machine, tables.root), levels, compare,
			                  &compared };
		walk(&walker);
		EXPECT_EQUAL(compared, model_count());
	}
}

/* What was asked for, to judge page sizes by. */
struct asked {
	uint64_t virt, phys, size, largest;
};

/* A page must be the largest that fits into what was asked for. */
static void expect_largest(void *context, const struct seen *page)
{
	const struct asked *asked = context;
	uint64_t size = asked->largest;

	for (; size > PAGE_SIZE; size >>= 9) {
		uint64_t begin = align_down(page->virt, size);

		if (((asked->virt - asked->phys) & (size - 1)) == 0 && begin >= asked->virt
		    && in_bounds(begin - asked->virt, size, asked->size))
			break;
	}
	EXPECT_EQUAL(page->size, size);
	EXPECT(in_bounds(page->virt - asked->virt, page->size, asked->size));
	EXPECT_EQUAL(page->phys - asked->phys, page->virt - asked->virt);
}

TEST("random mappings take the largest page at every address")
{
	static const uint64_t grains[] = { PAGE_SIZE, 2 * MIB, GIB };
	uint64_t seed = 8;

	for (unsigned round = 0; round < 300; round++) {
		uint64_t grain = grains[check_below(&seed, 3)];
		uint64_t shift = check_below(&seed, 3) * PAGE_SIZE;
		struct asked asked = { check_below(&seed, 64) * grain + shift,
			               check_below(&seed, 64) * grain + shift,
			               (1 + check_below(&seed, 5 * GIB / PAGE_SIZE)) * PAGE_SIZE,
			               GIB };
		struct walker walker;

		begin(4 + round % 2);
		if (round % 3 == 0) {
			machine.cpu.gib_pages = false;
			asked.largest = 2 * MIB;
		}
		if (((asked.virt - asked.phys) & (2 * MIB - 1)) != 0)
			asked.size = min_u64(asked.size, 64 * MIB);
		map(asked.virt, asked.phys, asked.size, W);
		walker = (struct walker){ memory, physical(&machine, tables.root), tables.levels,
			                  expect_largest, &asked };
		walk(&walker);
	}
}
