/* SPDX-License-Identifier: MIT */
/*
 * copies.c - checks what core/plan/copies.h promises: sorted copies, carried out one after the
 * other, leave each target with what its source held at the beginning. Tried on small memories of
 * which every byte is different.
 */
#include "check.h"

#include "core/plan/copies.h"

#define MEMORY   96
#define MOST     5
#define MEMORIES 20000

/* A memory in which byte n holds n. */
static void fill(uint8_t *memory)
{
	for (unsigned i = 0; i < MEMORY; i++)
		memory[i] = (uint8_t)i;
}

/* Carries the copies out in the given order. */
static void carry_out_copies(uint8_t *memory, const struct copy *copies, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		memmove(memory + copies[i].to, memory + copies[i].from, (size_t)copies[i].size);
}

/* True if each target holds what its source held at the beginning. */
static bool is_done(const uint8_t *memory, const struct copy *copies, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		for (unsigned byte = 0; byte < copies[i].size; byte++) {
			if (memory[copies[i].to + byte] != copies[i].from + byte)
				return false;
		}
	}
	return true;
}

/* True if the copies, in just this order, do what they should. */
static bool works(const struct copy *copies, unsigned count)
{
	uint8_t memory[MEMORY];

	fill(memory);
	carry_out_copies(memory, copies, count);
	return is_done(memory, copies, count);
}

/* True if some order of the copies from `begin` on works: tries them all. */
static bool some_config_works(struct copy *copies, unsigned begin, unsigned count)
{
	if (begin == count)
		return works(copies, count);
	for (unsigned i = begin; i < count; i++) {
		struct copy first = copies[i];
		bool good;

		copies[i] = copies[begin];
		copies[begin] = first;
		good = some_config_works(copies, begin + 1, count);
		copies[begin] = copies[i];
		copies[i] = first;
		if (good)
			return true;
	}
	return false;
}

/* True if `a` and `b` hold the same copies in any order. */
static bool same_copies(const struct copy *a, const struct copy *b, unsigned count)
{
	unsigned used = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned j = 0;

		while (j < count
		       && ((used & 1u << j) != 0 || memcmp(&a[i], &b[j], sizeof(*a)) != 0))
			j++;
		if (j == count)
			return false;
		used |= 1u << j;
	}
	return true;
}

/* Random copies with targets that do not overlap each other; as many as fit. */
static unsigned random_copies(uint64_t *seed, struct copy *copies)
{
	unsigned count = 0;
	uint64_t at = 0;

	while (count < MOST) {
		uint64_t size = 1 + check_below(seed, 24);

		at += check_below(seed, 8);
		if (at + size > MEMORY)
			break;
		copies[count++] = (struct copy){ at, check_below(seed, MEMORY - size + 1), size };
		at += size;
	}
	for (unsigned i = count; i > 1; i--) {
		unsigned other = (unsigned)check_below(seed, i);
		struct copy copy = copies[i - 1];

		copies[i - 1] = copies[other];
		copies[other] = copy;
	}
	return count;
}

TEST("a copy whose target is another's source waits for that one")
{
	/* [0..8) -> [16..24) and [8..16) -> [0..8): the first must be read before it is written */
	struct copy copies[] = { { 0, 8, 8 }, { 16, 0, 8 } };

	EXPECT(copies_sort(copies, 2));
	EXPECT_EQUAL(copies[0].to, 16);
	EXPECT_EQUAL(copies[1].to, 0);
}

TEST("a copy onto itself is not an obstacle")
{
	struct copy copies[] = { { 4, 0, 16 } };

	EXPECT(copies_sort(copies, 1));
	EXPECT(works(copies, 1));
}

TEST("copies that wait for each other in a circle have no order")
{
	struct copy copies[] = { { 0, 8, 8 }, { 8, 0, 8 } };

	EXPECT(!copies_sort(copies, 2));
}

TEST("copies that wait for a circle come last, the others first")
{
	/* [32..40) goes to [48..56) freely; the two others exchange their places */
	struct copy copies[] = { { 0, 8, 8 }, { 8, 0, 8 }, { 48, 32, 8 } };

	EXPECT(!copies_sort(copies, 3));
	EXPECT_EQUAL(copies[0].to, 48);
}

TEST("copies that are in order are all counted")
{
	struct copy copies[] = { { 0, 2, 2 }, { 2, 4, 2 }, { 4, 6, 2 } };

	EXPECT_EQUAL(copies_in_order(copies, COUNT(copies)), COUNT(copies));
	EXPECT_EQUAL(copies_in_order(copies, 1), 1);
}

TEST("an empty list of copies is in order")
{
	EXPECT(copies_sort(NULL, 0));
}

TEST("random copies are sorted just when some order of them works")
{
	uint64_t seed = 1;
	unsigned sorted = 0, circles = 0;

	for (unsigned i = 0; i < MEMORIES; i++) {
		struct copy copies[MOST], before[MOST];
		unsigned count = random_copies(&seed, copies);

		memcpy(before, copies, sizeof(before));
		if (copies_sort(copies, count)) {
			EXPECT(works(copies, count));
			sorted++;
		} else {
			EXPECT(!some_config_works(before, 0, count));
			circles++;
		}
		EXPECT(same_copies(before, copies, count));
	}
	EXPECT(sorted > 1000 && circles > 100);
}
