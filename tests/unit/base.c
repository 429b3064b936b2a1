/* SPDX-License-Identifier: MIT */
/* base.c - checks what core/base.h promises: bounds, rounding, spans and scratch memory. */
#include "check.h"

static const uint8_t letters[] = { 'a', 'b', 'c', 'd', 0, 'e' };
static const struct span six = { letters, sizeof(letters) };

TEST("bounds hold up to the limit and not beyond")
{
	EXPECT(in_bounds(0, 0, 0));
	EXPECT(in_bounds(2, 4, 6));
	EXPECT(in_bounds(6, 0, 6));
	EXPECT(!in_bounds(2, 5, 6));
	EXPECT(!in_bounds(7, 0, 6));
}

TEST("bounds cannot be cheated by sums that wrap")
{
	EXPECT(!in_bounds(UINT64_MAX, 2, 6));
	EXPECT(!in_bounds(2, UINT64_MAX, 6));
	EXPECT(!in_bounds(UINT64_MAX, UINT64_MAX, 6));
	EXPECT(in_bounds(0, UINT64_MAX, UINT64_MAX));
}

TEST("zero is not a power of two, every single bit is one")
{
	EXPECT(!is_power_of_two(0));
	for (unsigned bit = 0; bit < 64; bit++) {
		EXPECT(is_power_of_two(UINT64_C(1) << bit));
		EXPECT(bit < 2 || !is_power_of_two((UINT64_C(1) << bit) - 1));
		EXPECT(bit == 0 || !is_power_of_two((UINT64_C(1) << bit) + 1));
	}
}

TEST("rounding goes to the next multiple, and leaves multiples alone")
{
	EXPECT_EQUAL(page_down(0x1fff), 0x1000);
	EXPECT_EQUAL(page_down(0x2000), 0x2000);
	EXPECT_EQUAL(page_up(0x2001), 0x3000);
	EXPECT_EQUAL(page_up(0x2000), 0x2000);
	EXPECT_EQUAL(align_down(UINT64_MAX, GIB), UINT64_MAX - GIB + 1);
	EXPECT_EQUAL(align_up(1, UINT64_C(1) << 63), UINT64_C(1) << 63);
	EXPECT_EQUAL(align_up(7, 1), 7);
}

TEST("rounding past the last multiple wraps to zero")
{
	EXPECT_EQUAL(page_up(UINT64_MAX), 0);
}

TEST("rounding to a remainder finds the lowest value that has it")
{
	for (uint64_t from = 0; from < 40; from++) {
		for (uint64_t rest = 0; rest < 8; rest++) {
			uint64_t found = align_up_to(from, 8, rest);

			EXPECT(found >= from && found < from + 8);
			EXPECT_EQUAL(found % 8, rest);
		}
	}
}

TEST("ranges overlap when they have a byte in common")
{
	/* ....[3..6).... */
	struct phys_range range = { 3, 6 };

	EXPECT(phys_overlap(range, (struct phys_range){ 5, 9 }));
	EXPECT(phys_overlap((struct phys_range){ 0, 4 }, range));
	EXPECT(phys_overlap(range, (struct phys_range){ 4, 5 }));
	EXPECT(!phys_overlap(range, (struct phys_range){ 6, 9 }));
	EXPECT(!phys_overlap((struct phys_range){ 0, 3 }, range));
	EXPECT(!phys_overlap(range, (struct phys_range){ 4, 4 }));
	EXPECT(virt_overlap((struct virt_range){ 3, 6 }, (struct virt_range){ 5, 9 }));
	EXPECT(!virt_overlap((struct virt_range){ 3, 6 }, (struct virt_range){ 6, 9 }));
}

TEST("a part of a span is given out if all of it is there")
{
	struct span part;

	EXPECT(span_part(six, 2, 4, &part));
	EXPECT(part.bytes == letters + 2 && part.size == 4);
	EXPECT(span_part(six, 6, 0, &part));
	EXPECT_EQUAL(part.size, 0);
}

TEST("a part that is not all there is empty and refused")
{
	struct span part = six;

	EXPECT(!span_part(six, 2, 5, &part));
	EXPECT(part.bytes == NULL && part.size == 0);
	EXPECT(!span_part(six, 7, 0, &part));
	EXPECT(!span_part(six, UINT64_MAX, 2, &part));
	EXPECT(!span_part((struct span){ NULL, 0 }, 0, 1, &part));
}

TEST("bytes are read from anywhere in a span")
{
	char two[2] = { 0 };

	EXPECT(span_read(six, 2, two, sizeof(two)));
	EXPECT(two[0] == 'c' && two[1] == 'd');
	EXPECT(span_read(six, 6, two, 0));
	EXPECT(two[0] == 'c');
}

TEST("bytes that are not there are read as zeroes and refused")
{
	char two[2] = { 'x', 'x' };

	EXPECT(!span_read(six, 5, two, sizeof(two)));
	EXPECT(two[0] == 0 && two[1] == 0);
	EXPECT(!span_read(six, UINT64_MAX, two, sizeof(two)));
}

TEST("from an empty span, only zero bytes can be read")
{
	uint32_t word = 7;

	EXPECT(!span_read((struct span){ NULL, 0 }, 0, &word, sizeof(word)));
	EXPECT_EQUAL(word, 0);
	EXPECT(span_read((struct span){ NULL, 0 }, 0, &word, 0));
}

TEST("a string is as long as the bytes before its zero")
{
	uint64_t length = 9;

	EXPECT(span_string(six, 1, &length));
	EXPECT_EQUAL(length, 3);
	EXPECT(span_string(six, 4, &length));
	EXPECT_EQUAL(length, 0);
}

TEST("a string without a zero after it is refused")
{
	uint64_t length = 9;

	EXPECT(!span_string(six, 5, &length));
	EXPECT_EQUAL(length, 0);
	EXPECT(!span_string(six, 6, &length));
	EXPECT(!span_string(six, UINT64_MAX, &length));
}

TEST("scratch memory is given out zeroed, aligned, one piece after the other")
{
	_Alignas(64) uint8_t block[256];
	struct scratch scratch = { block, block + sizeof(block) };
	uint8_t *first, *second;

	memset(block, 0xaa, sizeof(block));
	first = scratch_take(&scratch, 3, 1);
	second = scratch_take(&scratch, 8, 64);
	EXPECT(first == block && second == block + 64);
	EXPECT(memcmp(first, "\0\0", 3) == 0 && first[3] == 0xaa);
	EXPECT(memcmp(second, "\0\0\0\0\0\0\0", 8) == 0 && second[8] == 0xaa);
	EXPECT(scratch.at == block + 72);
}

TEST("scratch memory is given out to its last byte and no further")
{
	_Alignas(64) uint8_t block[64];
	struct scratch scratch = { block, block + sizeof(block) };

	EXPECT(scratch_take(&scratch, 65, 1) == NULL);
	EXPECT(scratch_take(&scratch, UINT64_MAX, 1) == NULL);
	EXPECT(scratch.at == block);
	EXPECT(scratch_take(&scratch, 60, 1) == block);
	EXPECT(scratch_take(&scratch, 1, 64) == NULL);
	EXPECT(scratch_take(&scratch, 4, 4) == block + 60);
	EXPECT(scratch_take(&scratch, 1, 1) == NULL);
	EXPECT(scratch_take(&scratch, 0, 1) == block + 64);
}
