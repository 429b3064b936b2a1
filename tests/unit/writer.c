/* SPDX-License-Identifier: MIT */
/* writer.c - checks what protocols/writer.h promises: counting and writing agree, and what is
 * written is where the kernel looks for it. */
#include "check.h"

#include "protocols/writer.h"

#define WINDOW UINT64_C(0xffffa00000001000)

static _Alignas(8) uint8_t block[256];

/* Writes a bit of everything; returns where the list is. */
static uint64_t write_all(struct writer *writer)
{
	static const char *const parts[] = { "kernel", "", ".elf" };
	uint64_t list = writer_reserve(writer, 2 * sizeof(uint64_t));
	uint64_t first = writer_string(writer, "abc");
	uint64_t second = writer_copy(writer, "\1\2\3\4\5\6\7\10\11", 9);

	writer_put(writer, list, &first, sizeof(first));
	writer_put(writer, list + sizeof(first), &second, sizeof(second));
	writer_append(writer, "\12", 1);
	writer_join(writer, parts, COUNT(parts));
	return list;
}

TEST("what is counted is what is written")
{
	struct writer counting = writer_counting(), writing = writer_to(block, WINDOW);

	write_all(&counting);
	write_all(&writing);
	EXPECT_EQUAL(counting.used, writing.used);
	EXPECT_EQUAL(writing.used, 16 + 8 + 9 + 1 + 11);
}

TEST("everything is where the kernel sees it")
{
	struct writer writer = writer_to(block, WINDOW);
	uint64_t words[2];

	memset(block, 0, sizeof(block));
	EXPECT_EQUAL(write_all(&writer), WINDOW);
	memcpy(words, block, sizeof(words));
	EXPECT_EQUAL(words[0], WINDOW + 16);
	EXPECT_EQUAL(words[1], WINDOW + 24);
	EXPECT_TEXT((const char *)writer_at(&writer, words[0]), "abc");
	EXPECT(memcmp(writer_at(&writer, words[1]), "\1\2\3\4\5\6\7\10\11\12", 10) == 0);
	EXPECT_TEXT((const char *)writer_at(&writer, words[1] + 10), "kernel.elf");
}

TEST("counting alone returns addresses that are not null, and touches nothing")
{
	struct writer writer = writer_counting();
	struct machine machine = { .memory = block };

	EXPECT(write_all(&writer) != 0);
	EXPECT(writer_at(&writer, PAGE_SIZE) == NULL);
	EXPECT_EQUAL(writer_physical(&writer, &machine, PAGE_SIZE), 0);
}

TEST("what is empty has no address, and takes no room")
{
	struct writer writer = writer_to(block, WINDOW);

	EXPECT_EQUAL(writer_reserve(&writer, 0), 0);
	EXPECT_EQUAL(writer_copy(&writer, NULL, 0), 0);
	EXPECT_EQUAL(writer_append(&writer, NULL, 0), 0);
	EXPECT_EQUAL(writer.used, 0);
}
