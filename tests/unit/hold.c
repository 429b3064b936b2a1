/* SPDX-License-Identifier: MIT */
/* hold.c - checks what platform/files/hold.h promises about the memory that files get. */
#include "check.h"

#include "platform/files/hold.h"

static uint8_t memory[1];
static uint64_t sizes[2], aligns[2], most;
static unsigned count;

/* Gives memory at no greater multiple than `most`. */
static void *take(uint64_t size, uint64_t align)
{
	sizes[count] = size;
	aligns[count++] = align;
	return align <= most ? memory : NULL;
}

static bool take_for(struct file *file, struct report *report, uint64_t size, uint64_t up_to)
{
	count = 0;
	most = up_to;
	return file_take(file, size, take, report);
}

TEST("a large file is at a multiple of 2 MiB, or at a page if there is no such memory; others at a "
     "page")
{
	static const struct {
		uint64_t size, most, whole;
		unsigned asked;
	} cases[] = {
		{ 0, 2 * MIB, PAGE_SIZE, 1 },
		{ 1, 2 * MIB, PAGE_SIZE, 1 },
		{ 2 * MIB - 1, 2 * MIB, 2 * MIB, 1 },
		{ 2 * MIB, 2 * MIB, 2 * MIB, 1 },
		{ 2 * MIB + 1, PAGE_SIZE, 2 * MIB + PAGE_SIZE, 2 },
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		struct report report = { .count = 0 };
		struct file file = { .name = "some" };

		EXPECT(take_for(&file, &report, cases[i].size, cases[i].most));
		EXPECT_EQUAL(count, cases[i].asked);
		EXPECT_EQUAL(aligns[0], cases[i].size >= 2 * MIB ? 2 * MIB : PAGE_SIZE);
		EXPECT_EQUAL(aligns[count - 1], count == 2 ? PAGE_SIZE : aligns[0]);
		EXPECT_EQUAL(sizes[count - 1], cases[i].whole);
		EXPECT_EQUAL(file.bytes.size, cases[i].size);
		EXPECT(file.bytes.bytes == memory && file.capacity == page_up(cases[i].size));
	}
}

TEST("a file for which there is no memory is refused with its size, and keeps what it had")
{
	struct report report = { .count = 0 };
	struct file file = { .name = "some", .bytes = { memory, 1 }, .capacity = PAGE_SIZE };

	EXPECT(!take_for(&file, &report, 4 * MIB, 0));
	EXPECT_EQUAL(count, 2);
	EXPECT_EQUAL(report.findings[0].code, DIAG_FILE_NO_MEMORY);
	EXPECT(strstr(report.findings[0].detail, "some takes 4096 KiB") != NULL);
	EXPECT(file.bytes.bytes == memory && file.bytes.size == 1);
}
