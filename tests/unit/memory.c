/* SPDX-License-Identifier: MIT */
/*
 * memory.c - checks what core/memory.h promises. Maps are drawn: a character is a page, a letter is
 * a type of memory (letters[] below), a dot is a hole.
 */
#include "check.h"

#include "core/memory.h"
#include "sound.h"

#define PAGES 64 /* of the drawn maps */

static const char letters[MEMORY_TYPES + 1] = ".ubkmsitrfanRTBF";

static struct memory memory;
static struct report report;
static uint64_t block[16384]; /* for sorting in */

/* Working memory of `size` bytes. */
static struct scratch scratch_of(size_t size)
{
	EXPECT(size <= sizeof(block));
	return (struct scratch){ (uint8_t *)block, (uint8_t *)block + size };
}

/* The type that a letter stands for. */
static enum memory_type type_of(char letter)
{
	const char *found = strchr(letters, letter);

	EXPECT(found != NULL && letter != 0);
	return (enum memory_type)(found - letters);
}

/* The region that is drawn: one run of a letter. */
static struct memory_range read_region(const char *drawn)
{
	size_t begin = strspn(drawn, ".");
	size_t size = strspn(drawn + begin, (char[]){ drawn[begin], 0 });

	EXPECT(drawn[begin + size + strspn(drawn + begin + size, ".")] == 0);
	return (struct memory_range){ { begin * PAGE_SIZE, (begin + size) * PAGE_SIZE },
		                      type_of(drawn[begin]) };
}

/* Draws the map. */
static void draw(char drawn[PAGES + 1])
{
	memset(drawn, '.', PAGES);
	drawn[PAGES] = 0;
	for (unsigned i = 0; i < memory.count; i++) {
		const struct memory_range *range = &memory.ranges[i];

		EXPECT(range->phys.end <= PAGES * PAGE_SIZE);
		memset(drawn + range->phys.begin / PAGE_SIZE, letters[range->type],
		       (size_t)((range->phys.end - range->phys.begin) / PAGE_SIZE));
	}
}

/* Makes the map of these regions, and checks that it is sound. */
static bool make(const struct memory_range *regions, unsigned count)
{
	const char *fault;

	memset(&report, 0, sizeof(report));
	if (!memory_from_regions(&memory, regions, count, scratch_of(sizeof(block)), &report))
		return false;
	fault = memory_fault(&memory);
	if (fault != NULL)
		FAIL("%s", fault);
	return true;
}

/* Puts the regions in another order. */
static void shuffle(struct memory_range *regions, unsigned count, uint64_t *seed)
{
	for (unsigned i = count; i > 1; i--) {
		uint64_t other = check_below(seed, i);
		struct memory_range region = regions[i - 1];

		regions[i - 1] = regions[other];
		regions[other] = region;
	}
}

/* Regions, in any order, must come to this map. Up to eight regions, one per line, then NULL. */
static void expect_map(const char *const *drawn, const char *expected)
{
	struct memory_range regions[8];
	unsigned count = 0;
	uint64_t seed = 5;

	while (drawn[count] != NULL) {
		regions[count] = read_region(drawn[count]);
		count++;
	}
	for (unsigned i = 0; i < 20; i++) {
		char found[PAGES + 1];

		EXPECT(make(regions, count));
		draw(found);
		found[strlen(expected)] = 0;
		EXPECT_TEXT(found, expected);
		shuffle(regions, count, &seed);
	}
}

/* clang-format off */
#define REGIONS(...) (const char *const[]){ __VA_ARGS__, NULL }

TEST("no regions make an empty map")
{
	EXPECT(make(NULL, 0));
	EXPECT_EQUAL(memory.count, 0);
}

TEST("a region alone is the map")
{
	expect_map(REGIONS("..uuuuuu.."),
	                  "..uuuuuu..");
}

TEST("a stricter region wins over a weaker one, in its middle")
{
	expect_map(REGIONS("uuuuuuuuuu",
	                  "....RR...."),
	                  "uuuuRRuuuu");
}

TEST("a stricter region wins at the ends and beyond them")
{
	expect_map(REGIONS("..uuuuuu..",
	                  "RRR.......",
	                  ".......aaa"),
	                  "RRRuuuuaaa");
}

TEST("a weaker region inside a stricter one is not seen")
{
	expect_map(REGIONS("...uuuu...",
	                  ".RRRRRRRR."),
	                  ".RRRRRRRR.");
}

TEST("the strictest of many regions wins")
{
	expect_map(REGIONS("uuuuuuuuuuuu",
	                  ".aaaaaaaa...",
	                  "..nnnnnn....",
	                  "...RRRR.....",
	                  "....BB......"),
	                  "uanRBBRnauuu");
}

TEST("equal regions that touch or overlap become one range")
{
	expect_map(REGIONS("uuu.......",
	                  "...uuu....",
	                  ".....uuuu.",
	                  "uuu......."),
	                  "uuuuuuuuu.");
	EXPECT_EQUAL(memory.count, 1);
}

TEST("equal regions with a hole between them stay apart")
{
	expect_map(REGIONS("uuu.......",
	                  "....uuu..."),
	                  "uuu.uuu...");
	EXPECT_EQUAL(memory.count, 2);
}

TEST("what is placed is stricter than free memory and weaker than the firmware's")
{
	expect_map(REGIONS("uuuuuuuuuuuuuu",
	                  ".kkkk.........",
	                  "......mmm.....",
	                  "........sss...",
	                  "...RR........."),
	                  "ukkRRummsssuuu");
}

/* clang-format on */

TEST("usable memory is rounded inward to whole pages")
{
	struct memory_range regions[] = { { { 0x1001, 0x4fff }, MEMORY_USABLE } };

	EXPECT(make(regions, 1));
	EXPECT_EQUAL(memory.count, 1);
	EXPECT_EQUAL(memory.ranges[0].phys.begin, 0x2000);
	EXPECT_EQUAL(memory.ranges[0].phys.end, 0x4000);
}

TEST("everything else is rounded outward to whole pages")
{
	for (enum memory_type type = MEMORY_KERNEL; type < MEMORY_TYPES; type++) {
		struct memory_range regions[] = { { { 0x1fff, 0x3001 }, type } };

		EXPECT(make(regions, 1));
		EXPECT_EQUAL(memory.ranges[0].phys.begin, 0x1000);
		EXPECT_EQUAL(memory.ranges[0].phys.end, 0x4000);
	}
}

TEST("usable memory without a whole page is dropped")
{
	struct memory_range regions[] = { { { 0x1001, 0x2fff }, MEMORY_USABLE },
		                          { { 0x5000, 0x5fff }, MEMORY_USABLE } };

	EXPECT(make(regions, 2));
	EXPECT_EQUAL(memory.count, 0);
}

TEST("empty regions and regions that end before they begin are ignored")
{
	struct memory_range regions[] = { { { 0x5000, 0x5000 }, MEMORY_RESERVED },
		                          { { 0x5001, 0x5001 }, MEMORY_BAD },
		                          { { 0x9000, 0x1000 }, MEMORY_RESERVED } };

	EXPECT(make(regions, 3));
	EXPECT_EQUAL(memory.count, 0);
}

TEST("regions end where physical addresses end, at 2^52")
{
	struct memory_range regions[] = {
		{ { UINT64_C(1) << 51, UINT64_MAX }, MEMORY_USABLE },
		{ { UINT64_C(1) << 53, UINT64_MAX }, MEMORY_RESERVED },
		{ { 0, UINT64_MAX }, MEMORY_USABLE },
	};

	EXPECT(make(regions, 3));
	EXPECT_EQUAL(memory.count, 1);
	EXPECT_EQUAL(memory.ranges[0].phys.begin, 0);
	EXPECT_EQUAL(memory.ranges[0].phys.end, UINT64_C(1) << 52);
}

TEST("random regions come to what each page must be by itself")
{
	uint64_t seed = 6;

	for (unsigned round = 0; round < 3000; round++) {
		struct memory_range regions[12];
		char found[PAGES + 1], expected[PAGES + 1] = { 0 };
		unsigned count = (unsigned)check_below(&seed, COUNT(regions) + 1);

		for (unsigned i = 0; i < count; i++) {
			uint64_t begin = check_below(&seed, 4 * PAGES) * (PAGE_SIZE / 4);
			uint64_t size = check_below(&seed, 80) * (PAGE_SIZE / 4);

			regions[i].phys.begin = begin;
			regions[i].phys.end = min_u64(begin + size, PAGES * PAGE_SIZE);
			regions[i].type =
				(enum memory_type)(1 + check_below(&seed, MEMORY_TYPES - 1));
		}
		for (unsigned page = 0; page < PAGES; page++) {
			struct phys_range here = { page * PAGE_SIZE, (page + 1) * PAGE_SIZE };
			enum memory_type type = MEMORY_NONE;

			for (unsigned i = 0; i < count; i++) {
				bool all = regions[i].phys.begin <= here.begin
				        && regions[i].phys.end >= here.end;
				bool some = phys_overlap(regions[i].phys, here);

				if ((all || (some && regions[i].type != MEMORY_USABLE))
				    && regions[i].type > type)
					type = regions[i].type;
			}
			expected[page] = letters[type];
		}
		EXPECT(make(regions, count));
		draw(found);
		EXPECT_TEXT(found, expected);
	}
}

TEST("as many ranges as there is room for, and not one more")
{
	static struct memory_range regions[MEMORY_MAX_RANGES + 1];

	/* every second page is usable */
	for (unsigned i = 0; i < COUNT(regions); i++)
		regions[i] = (struct memory_range){ { 2 * i * PAGE_SIZE, (2 * i + 1) * PAGE_SIZE },
			                            MEMORY_USABLE };
	EXPECT(make(regions, MEMORY_MAX_RANGES));
	EXPECT_EQUAL(memory.count, MEMORY_MAX_RANGES);
	EXPECT(!make(regions, MEMORY_MAX_RANGES + 1));
	EXPECT_EQUAL(report.findings[0].code, DIAG_MEMORY_RANGES);
	EXPECT_PART(report.findings[0].detail, "more than 1024 ranges");
}

TEST("regions are refused if there is no working memory to sort them in")
{
	struct memory_range regions[] = { { { 0, PAGE_SIZE }, MEMORY_USABLE },
		                          { { PAGE_SIZE, 2 * PAGE_SIZE }, MEMORY_BAD } };

	memset(&report, 0, sizeof(report));
	EXPECT(!memory_from_regions(&memory, regions, 2, scratch_of(16), &report));
	EXPECT_EQUAL(report.findings[0].code, DIAG_MEMORY_LOADER);
	EXPECT_PART(report.findings[0].detail, "2 regions");
}

TEST("a map that falls into too many ranges is refused")
{
	static struct memory_range regions[MEMORY_MAX_RANGES];

	/* uRuRuR...: 1023 reserved pages in usable memory make 2047 ranges */
	regions[0] = (struct memory_range){ { 0, 4096 * PAGE_SIZE }, MEMORY_USABLE };
	for (unsigned i = 1; i < COUNT(regions); i++)
		regions[i] = (struct memory_range){ { (2 * i - 1) * PAGE_SIZE, 2 * i * PAGE_SIZE },
			                            MEMORY_RESERVED };
	EXPECT(!make(regions, COUNT(regions)));
	EXPECT_EQUAL(report.findings[0].code, DIAG_MEMORY_RANGES);
	EXPECT_PART(report.findings[0].detail, "more than 1024 ranges");
}

TEST("totals count each type by itself")
{
	struct memory_range regions[] = { { { 0, 8 * PAGE_SIZE }, MEMORY_USABLE },
		                          { { 4 * PAGE_SIZE, 5 * PAGE_SIZE }, MEMORY_RESERVED } };

	EXPECT(make(regions, 2));
	EXPECT_EQUAL(memory_total(&memory, MEMORY_USABLE), 7 * PAGE_SIZE);
	EXPECT_EQUAL(memory_total(&memory, MEMORY_RESERVED), PAGE_SIZE);
	EXPECT_EQUAL(memory_total(&memory, MEMORY_KERNEL), 0);
}

TEST("RAM is what can be read and written, whoever uses it")
{
	for (enum memory_type type = MEMORY_NONE; type < MEMORY_TYPES; type++) {
		bool ram = strchr("ubkmsitrfan", letters[type]) != NULL;

		EXPECT_EQUAL(memory_is_ram(type), ram);
	}
}

TEST("every type has its own words")
{
	for (enum memory_type a = MEMORY_NONE; a < MEMORY_TYPES; a++) {
		for (enum memory_type b = MEMORY_NONE; b < a; b++)
			EXPECT(strcmp(memory_type_name(a), memory_type_name(b)) != 0);
	}
}
