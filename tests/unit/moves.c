/* SPDX-License-Identifier: MIT */
/*
 * moves.c - holds what core/moves.h promises: sorted moves, carried out one after the other, leave
 * each target with what its source held at the beginning. Tried on small memories of which every
 * byte is different.
 */
#include "check.h"

#include "core/moves.h"

#define MEMORY   96
#define MOST     5
#define MEMORIES 20000

/* A memory in which byte n holds n. */
static void fill(uint8_t *memory)
{
	for (unsigned i = 0; i < MEMORY; i++)
		memory[i] = (uint8_t)i;
}

/* Carries the moves out as they stand. */
static void carry_out_moves(uint8_t *memory, const struct move *moves, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		memmove(memory + moves[i].to, memory + moves[i].from, (size_t)moves[i].size);
}

/* True if each target holds what stood in its source at the beginning. */
static bool is_done(const uint8_t *memory, const struct move *moves, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		for (unsigned byte = 0; byte < moves[i].size; byte++) {
			if (memory[moves[i].to + byte] != moves[i].from + byte)
				return false;
		}
	}
	return true;
}

/* True if the moves, in just this order, do what they should. */
static bool works(const struct move *moves, unsigned count)
{
	uint8_t memory[MEMORY];

	fill(memory);
	carry_out_moves(memory, moves, count);
	return is_done(memory, moves, count);
}

/* True if some order of the moves from `begin` on works: tries them all. */
static bool some_order_works(struct move *moves, unsigned begin, unsigned count)
{
	if (begin == count)
		return works(moves, count);
	for (unsigned i = begin; i < count; i++) {
		struct move first = moves[i];
		bool good;

		moves[i] = moves[begin];
		moves[begin] = first;
		good = some_order_works(moves, begin + 1, count);
		moves[begin] = moves[i];
		moves[i] = first;
		if (good)
			return true;
	}
	return false;
}

/* True if `a` and `b` hold the same moves in any order. */
static bool same_moves(const struct move *a, const struct move *b, unsigned count)
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

/* Random moves with targets that do not overlap each other; as many as fit. */
static unsigned random_moves(uint64_t *seed, struct move *moves)
{
	unsigned count = 0;
	uint64_t at = 0;

	while (count < MOST) {
		uint64_t size = 1 + check_below(seed, 24);

		at += check_below(seed, 8);
		if (at + size > MEMORY)
			break;
		moves[count++] = (struct move){ at, check_below(seed, MEMORY - size + 1), size };
		at += size;
	}
	for (unsigned i = count; i > 1; i--) {
		unsigned other = (unsigned)check_below(seed, i);
		struct move move = moves[i - 1];

		moves[i - 1] = moves[other];
		moves[other] = move;
	}
	return count;
}

TEST("a move whose target is another's source waits for that")
{
	/* [0..8) -> [16..24) and [8..16) -> [0..8): the first must be read before it is written */
	struct move moves[] = { { 0, 8, 8 }, { 16, 0, 8 } };

	EXPECT(moves_sort(moves, 2));
	EXPECT_EQUAL(moves[0].to, 16);
	EXPECT_EQUAL(moves[1].to, 0);
}

TEST("a move over itself is no obstacle")
{
	struct move moves[] = { { 4, 0, 16 } };

	EXPECT(moves_sort(moves, 1));
	EXPECT(works(moves, 1));
}

TEST("moves that wait for each other in a circle have no order")
{
	struct move moves[] = { { 0, 8, 8 }, { 8, 0, 8 } };

	EXPECT(!moves_sort(moves, 2));
}

TEST("moves behind a circle come last, the others first")
{
	/* [32..40) goes to [48..56) freely; the two others exchange their places */
	struct move moves[] = { { 0, 8, 8 }, { 8, 0, 8 }, { 48, 32, 8 } };

	EXPECT(!moves_sort(moves, 3));
	EXPECT_EQUAL(moves[0].to, 48);
}

TEST("of moves that are in order, all are")
{
	struct move moves[] = { { 0, 2, 2 }, { 2, 4, 2 }, { 4, 6, 2 } };

	EXPECT_EQUAL(moves_in_order(moves, COUNT(moves)), COUNT(moves));
	EXPECT_EQUAL(moves_in_order(moves, 1), 1);
}

TEST("no moves are in order")
{
	EXPECT(moves_sort(NULL, 0));
}

TEST("random moves are sorted just when some order of them works")
{
	uint64_t seed = 1;
	unsigned sorted = 0, circles = 0;

	for (unsigned i = 0; i < MEMORIES; i++) {
		struct move moves[MOST], before[MOST];
		unsigned count = random_moves(&seed, moves);

		memcpy(before, moves, sizeof(before));
		if (moves_sort(moves, count)) {
			EXPECT(works(moves, count));
			sorted++;
		} else {
			EXPECT(!some_order_works(before, 0, count));
			circles++;
		}
		EXPECT(same_moves(before, moves, count));
	}
	EXPECT(sorted > 1000 && circles > 100);
}
