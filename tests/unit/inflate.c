/* SPDX-License-Identifier: MIT */
/* inflate.c - checks what core/inflate.h promises, with streams written by hand, bit by bit;
 * tests/errors unpacks what gzip itself makes. */
#include "check.h"

#include "core/inflate.h"

static uint8_t stream[4096];
static uint64_t bit_at;

/* Begins a gzip file with these flags. */
static void begin(uint8_t flags)
{
	memset(stream, 0, sizeof(stream));
	memcpy(stream, "\x1f\x8b\x08", 3);
	stream[3] = flags;
	bit_at = 8 * 10;
}

/* Adds the lowest `count` bits of a number, from the lowest on. */
static void add(unsigned value, unsigned count)
{
	for (unsigned i = 0; i < count; i++, bit_at++)
		stream[bit_at / 8] |= (uint8_t)((value >> i & 1) << bit_at % 8);
}

/* Adds a Huffman code, from its highest bit on. */
static void add_code(unsigned code, unsigned count)
{
	while (count-- > 0)
		add(code >> count, 1);
}

/* A literal in the fixed code (RFC 1951, 3.2.6). */
static void add_literal(uint8_t byte)
{
	if (byte < 144)
		add_code(0x30u + byte, 8);
	else
		add_code(0x190u + byte - 144, 9);
}

/* Ends the file with the checksum and the size of what it should unpack to. */
static struct span end(uint32_t crc, uint32_t size)
{
	uint64_t at = (bit_at + 7) / 8;
	struct span made = { malloc((size_t)at + 8), at + 8 }; /* the checker watches its end */

	memcpy(stream + at, &crc, 4);
	memcpy(stream + at + 4, &size, 4);
	memcpy((void *)(uintptr_t)made.bytes, stream, (size_t)made.size);
	return made;
}

static void expect(struct span packed, const char *text)
{
	uint64_t size = strlen(text);
	uint8_t *out = malloc((size_t)size + 1);

	EXPECT(inflate_gzip(packed, out, size));
	out[size] = 0;
	EXPECT_TEXT((const char *)out, text);
	free(out);
	free((void *)(uintptr_t)packed.bytes);
}

static void expect_damage(struct span packed, uint64_t size)
{
	uint8_t *out = malloc((size_t)size + 1);

	EXPECT(!inflate_gzip(packed, out, size));
	free(out);
	free((void *)(uintptr_t)packed.bytes);
}

#define CRC_ABC 0x352441c2 /* of "abc" */

static void add_stored_abc(void)
{
	add(1, 1);
	add(0, 2);
	bit_at = (bit_at + 7) / 8 * 8;
	add(3, 16);
	add(0xfffc, 16);
	for (const char *c = "abc"; *c != 0; c++)
		add((unsigned)*c, 8);
}

static void add_fixed_abc(void)
{
	add(1, 1);
	add(1, 2);
	for (const char *c = "abc"; *c != 0; c++)
		add_literal((uint8_t)*c);
	add_code(0, 7);
}

TEST("bytes that are stored come out as they are")
{
	begin(0);
	add_stored_abc();
	expect(end(CRC_ABC, 3), "abc");
}

TEST("the fixed code is known")
{
	begin(0);
	add_fixed_abc();
	expect(end(CRC_ABC, 3), "abc");
}

TEST("a repetition may overlap itself")
{
	begin(0);
	add(1, 1);
	add(1, 2);
	add_literal('a');
	add_code(7, 7); /* length 9: symbol 263 */
	add_code(0, 5); /* distance 1 */
	add_code(0, 7);
	expect(end(0x4c11cdf0, 10), "aaaaaaaaaa");
}

TEST("name, comment, extra field and header checksum are passed over")
{
	begin(2 | 4 | 8 | 16);
	add(3, 16);
	add(0xabcdef, 24);
	for (const char *c = "name"; *c != 0; c++)
		add((unsigned)*c, 8);
	add(0, 8);
	add('c', 8);
	add(0, 8);
	add(0xffff, 16);
	add_fixed_abc();
	expect(end(CRC_ABC, 3), "abc");
}

TEST("a block may follow another")
{
	begin(0);
	add(0, 1);
	add(1, 2);
	add_literal('a');
	add_code(0, 7);
	add(1, 1);
	add(1, 2);
	add_literal('b');
	add_literal('c');
	add_code(0, 7);
	expect(end(CRC_ABC, 3), "abc");
}

TEST("a wrong checksum, a wrong size and unknown flags are damage")
{
	begin(0);
	add_fixed_abc();
	expect_damage(end(CRC_ABC + 1, 3), 3);
	begin(0);
	add_fixed_abc();
	expect_damage(end(CRC_ABC, 4), 3);
	begin(32);
	add_fixed_abc();
	expect_damage(end(CRC_ABC, 3), 3);
}

TEST("more or fewer bytes than there is room for are damage")
{
	begin(0);
	add_fixed_abc();
	expect_damage(end(CRC_ABC, 3), 2);
	begin(0);
	add_fixed_abc();
	expect_damage(end(CRC_ABC, 3), 4);
	begin(0);
	add_stored_abc();
	expect_damage(end(CRC_ABC, 3), 2);
}

TEST("a repetition from before the beginning is damage")
{
	begin(0);
	add(1, 1);
	add(1, 2);
	add_literal('a');
	add_code(1, 7); /* length 3 */
	add_code(1, 5); /* distance 2, after one byte */
	add_code(0, 7);
	expect_damage(end(0, 4), 4);
}

TEST("a reserved kind of block, a reserved distance and a reserved length are damage")
{
	begin(0);
	add(1, 1);
	add(3, 2);
	expect_damage(end(0, 0), 0);
	begin(0);
	add(1, 1);
	add(1, 2);
	add_literal('a');
	add_code(1, 7);
	add_code(30, 5);
	expect_damage(end(0, 4), 4);
	begin(0);
	add(1, 1);
	add(1, 2);
	add_literal('a');
	add_code(0xc6, 8); /* symbol 286 */
	add_code(0, 5);
	expect_damage(end(0, 4), 4);
}

TEST("a code with too many short words is refused")
{
	begin(0);
	add(1, 1);
	add(2, 2);
	add(0, 5);
	add(0, 5);
	add(15, 4);
	for (unsigned i = 0; i < 19; i++)
		add(1, 3);
	expect_damage(end(0, 0), 0);
}

TEST("a file that is cut anywhere is damage")
{
	struct span whole;

	begin(8);
	for (const char *c = "name"; *c != 0; c++)
		add((unsigned)*c, 8);
	add(0, 8);
	add_fixed_abc();
	whole = end(CRC_ABC, 3);
	for (uint64_t size = 0; size < whole.size; size++) {
		struct span cut = { malloc((size_t)size + 1), size };

		memcpy((void *)(uintptr_t)cut.bytes, whole.bytes, (size_t)size);
		expect_damage(cut, 3);
	}
	free((void *)(uintptr_t)whole.bytes);
}
