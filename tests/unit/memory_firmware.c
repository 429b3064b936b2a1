/* SPDX-License-Identifier: MIT */
/* memory_firmware.c - checks what e820_entry_read() and memory_read() make of a PC's maps: those of
 * real machines, and every quirk that firmware is known to have. */
#include "check.h"

#include "core/memory.h"
#include "platform/e820/e820_entry.h"
#include "sound.h"

/* An array and how many elements it has. */
#define ARRAY(type, ...) (const type[]){ __VA_ARGS__ }, COUNT(((const type[]){ __VA_ARGS__ }))
#define MAP(...)         ARRAY(struct e820_entry, __VA_ARGS__)
#define EXPECTED(...)    ARRAY(struct memory_range, __VA_ARGS__)

enum { RAM = 1, RESERVED = 2, ACPI = 3, NVS = 4, BAD = 5 }; /* the firmware's numbers */

static struct memory memory;
static struct report report;

/* Reads a map. */
static bool read(const struct e820_entry *entries, unsigned count)
{
	static struct firmware_range ranges[MEMORY_MAX_RANGES];
	static uint64_t block[32768]; /* for sorting in */
	struct machine machine = { .firmware = ranges };
	struct scratch scratch = { (uint8_t *)block, (uint8_t *)(block + COUNT(block)) };
	const char *fault;

	for (unsigned i = 0; i < count; i++)
		machine.firmware_count +=
			e820_entry_read(&entries[i], &ranges[machine.firmware_count]);
	memset(&report, 0, sizeof(report));
	if (!memory_read(&memory, &machine, scratch, &report))
		return false;
	fault = memory_fault(&memory);
	if (fault != NULL)
		FAIL("%s", fault);
	return true;
}

/* A firmware's map must be read as these ranges. */
static void expect_map(const struct e820_entry *entries, unsigned count,
                       const struct memory_range *expected, unsigned expected_count)
{
	EXPECT(read(entries, count));
	for (unsigned i = 0; i < memory.count && i < expected_count; i++) {
		EXPECT_EQUAL(memory.ranges[i].phys.begin, expected[i].phys.begin);
		EXPECT_EQUAL(memory.ranges[i].phys.end, expected[i].phys.end);
		EXPECT_TEXT(memory_type_name(memory.ranges[i].type),
		            memory_type_name(expected[i].type));
	}
	EXPECT_EQUAL(memory.count, expected_count);
}

/* --- whole machines --- */

TEST("QEMU's map of a PC with 256 MiB is read, with its reserved range at 1012 GiB")
{
	/* SeaBIOS 1.16, -M pc -m 256: nothing is said of 0xa0000-0xeffff */
	expect_map(MAP({ 0, 0x9fc00, RAM, 1 }, { 0x9fc00, 0x400, RESERVED, 1 },
	               { 0xf0000, 0x10000, RESERVED, 1 }, { 0x100000, 0xfee0000, RAM, 1 },
	               { 0xffe0000, 0x20000, RESERVED, 1 }, { 0xfffc0000, 0x40000, RESERVED, 1 },
	               { 0xfd00000000, 0x300000000, RESERVED, 1 }),
	           EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED },
	                    { { 0x1000, 0x9f000 }, MEMORY_USABLE },
	                    { { 0x9f000, 0xa0000 }, MEMORY_RESERVED },
	                    { { 0xf0000, 0x100000 }, MEMORY_RESERVED },
	                    { { 0x100000, 0xffe0000 }, MEMORY_USABLE },
	                    { { 0xffe0000, 0x10000000 }, MEMORY_RESERVED },
	                    { { 0xfffc0000, 0x100000000 }, MEMORY_RESERVED },
	                    { { 0xfd00000000, 0x10000000000 }, MEMORY_RESERVED }));
}

TEST("QEMU's map of a Q35 with 6 GiB is read, with its RAM above 4 GiB")
{
	expect_map(
		MAP({ 0, 0x9fc00, RAM, 1 }, { 0x9fc00, 0x400, RESERVED, 1 },
	            { 0xf0000, 0x10000, RESERVED, 1 }, { 0x100000, 0x7fede000, RAM, 1 },
	            { 0x7ffde000, 0x22000, RESERVED, 1 }, { 0xb0000000, 0x10000000, RESERVED, 1 },
	            { 0xfed1c000, 0x4000, RESERVED, 1 }, { 0xfeffc000, 0x4000, RESERVED, 1 },
	            { 0xfffc0000, 0x40000, RESERVED, 1 }, { 0x100000000, 0x100000000, RAM, 1 }),
		EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED }, { { 0x1000, 0x9f000 }, MEMORY_USABLE },
	                 { { 0x9f000, 0xa0000 }, MEMORY_RESERVED },
	                 { { 0xf0000, 0x100000 }, MEMORY_RESERVED },
	                 { { 0x100000, 0x7ffde000 }, MEMORY_USABLE },
	                 { { 0x7ffde000, 0x80000000 }, MEMORY_RESERVED },
	                 { { 0xb0000000, 0xc0000000 }, MEMORY_RESERVED },
	                 { { 0xfed1c000, 0xfed20000 }, MEMORY_RESERVED },
	                 { { 0xfeffc000, 0xff000000 }, MEMORY_RESERVED },
	                 { { 0xfffc0000, 0x100000000 }, MEMORY_RESERVED },
	                 { { 0x100000000, 0x200000000 }, MEMORY_USABLE }));
}

TEST("VirtualBox's map is read, with its ACPI tables and the holes that it leaves")
{
	/* 64 MiB, as Other_64 has; entries of 20 bytes, nothing said of 0xa0000-0xeffff */
	expect_map(MAP({ 0, 0x9fc00, RAM, 1 }, { 0x9fc00, 0x400, RESERVED, 1 },
	               { 0xf0000, 0x10000, RESERVED, 1 }, { 0x100000, 0x3ef0000, RAM, 1 },
	               { 0x3ff0000, 0x10000, ACPI, 1 }, { 0xfec00000, 0x1000, RESERVED, 1 },
	               { 0xfee00000, 0x1000, RESERVED, 1 }, { 0xfffc0000, 0x40000, RESERVED, 1 }),
	           EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED },
	                    { { 0x1000, 0x9f000 }, MEMORY_USABLE },
	                    { { 0x9f000, 0xa0000 }, MEMORY_RESERVED },
	                    { { 0xf0000, 0x100000 }, MEMORY_RESERVED },
	                    { { 0x100000, 0x3ff0000 }, MEMORY_USABLE },
	                    { { 0x3ff0000, 0x4000000 }, MEMORY_ACPI_RECLAIMABLE },
	                    { { 0xfec00000, 0xfec01000 }, MEMORY_RESERVED },
	                    { { 0xfee00000, 0xfee01000 }, MEMORY_RESERVED },
	                    { { 0xfffc0000, 0x100000000 }, MEMORY_RESERVED }));
}

/* --- the firmware's words --- */

TEST("the first page is the BIOS's, whatever the firmware says about it")
{
	expect_map(MAP({ 0, 0x10000, RAM, 1 }), EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED },
	                                                 { { 0x1000, 0x10000 }, MEMORY_USABLE }));
}

TEST("every type of the firmware keeps its meaning, and an unknown one is left alone")
{
	expect_map(MAP({ 0x100000, 0x1000, RAM, 1 }, { 0x110000, 0x1000, RESERVED, 1 },
	               { 0x120000, 0x1000, ACPI, 1 }, { 0x130000, 0x1000, NVS, 1 },
	               { 0x140000, 0x1000, BAD, 1 }, { 0x150000, 0x1000, 7, 1 },
	               { 0x160000, 0x1000, 0, 1 }, { 0x170000, 0x1000, 0xfffffffe, 1 }),
	           EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED },
	                    { { 0x100000, 0x101000 }, MEMORY_USABLE },
	                    { { 0x110000, 0x111000 }, MEMORY_RESERVED },
	                    { { 0x120000, 0x121000 }, MEMORY_ACPI_RECLAIMABLE },
	                    { { 0x130000, 0x131000 }, MEMORY_ACPI_NVS },
	                    { { 0x140000, 0x141000 }, MEMORY_BAD },
	                    { { 0x150000, 0x151000 }, MEMORY_RESERVED },
	                    { { 0x160000, 0x161000 }, MEMORY_RESERVED },
	                    { { 0x170000, 0x171000 }, MEMORY_RESERVED }));
}

/* --- quirks --- */

TEST("an entry that ACPI 3 says to ignore is ignored")
{
	expect_map(MAP({ 0x100000, 0x100000, RAM, 1 }, { 0x140000, 0x1000, RESERVED, 0 },
	               { 0x300000, 0x100000, RAM, 2 }, { 0x400000, 0x100000, RAM, 3 }),
	           EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED },
	                    { { 0x100000, 0x200000 }, MEMORY_USABLE },
	                    { { 0x400000, 0x500000 }, MEMORY_USABLE }));
}

TEST("entries that are not sorted are sorted")
{
	expect_map(MAP({ 0x300000, 0x100000, RAM, 1 }, { 0x200000, 0x100000, NVS, 1 },
	               { 0x100000, 0x100000, RAM, 1 }),
	           EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED },
	                    { { 0x100000, 0x200000 }, MEMORY_USABLE },
	                    { { 0x200000, 0x300000 }, MEMORY_ACPI_NVS },
	                    { { 0x300000, 0x400000 }, MEMORY_USABLE }));
}

TEST("where RAM and something reserved overlap, it is reserved")
{
	/* RAM [0x100000, 0x400000)  reserved [0x300000, 0x500000) */
	expect_map(MAP({ 0x100000, 0x300000, RAM, 1 }, { 0x300000, 0x200000, RESERVED, 1 }),
	           EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED },
	                    { { 0x100000, 0x300000 }, MEMORY_USABLE },
	                    { { 0x300000, 0x500000 }, MEMORY_RESERVED }));
}

TEST("an entry that is listed twice counts once")
{
	expect_map(MAP({ 0x100000, 0x100000, RAM, 1 }, { 0x100000, 0x100000, RAM, 1 }),
	           EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED },
	                    { { 0x100000, 0x200000 }, MEMORY_USABLE }));
}

TEST("an entry of no size is ignored")
{
	expect_map(MAP({ 0x100000, 0x100000, RAM, 1 }, { 0x140000, 0, RESERVED, 1 },
	               { 0x140800, 0, BAD, 1 }),
	           EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED },
	                    { { 0x100000, 0x200000 }, MEMORY_USABLE }));
}

TEST("RAM that begins or ends in the middle of a page loses that page")
{
	expect_map(MAP({ 0x100200, 0x10000, RAM, 1 }),
	           EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED },
	                    { { 0x101000, 0x110000 }, MEMORY_USABLE }));
}

TEST("an entry that goes beyond all addresses ends with them")
{
	expect_map(MAP({ 0x100000, 0x100000, RAM, 1 }, { 0xfffffffff0000, UINT64_MAX, RESERVED, 1 },
	               { UINT64_MAX, UINT64_MAX, RAM, 1 }),
	           EXPECTED({ { 0, 0x1000 }, MEMORY_RESERVED },
	                    { { 0x100000, 0x200000 }, MEMORY_USABLE },
	                    { { 0xfffffffff0000, 0x10000000000000 }, MEMORY_RESERVED }));
}

TEST("the dozens of entries of a modern board are all read")
{
	static struct e820_entry board[60];

	/* RAM in pieces of 1 MiB, ACPI, NVS and reserved memory between them */
	for (unsigned i = 0; i < COUNT(board); i++)
		board[i] = (struct e820_entry){ (i + 1) * MIB, MIB - (i % 3) * PAGE_SIZE, 1 + i % 4,
			                        1 };
	EXPECT(read(board, COUNT(board)));
	EXPECT_EQUAL(memory.count, 61);
	EXPECT_EQUAL(memory_total(&memory, MEMORY_USABLE), 15 * MIB - 15 * PAGE_SIZE);
}

TEST("as many entries as there is room for, and not one more")
{
	static struct e820_entry many[MEMORY_MAX_RANGES];

	for (unsigned i = 0; i < COUNT(many); i++)
		many[i] = (struct e820_entry){ (2 * i + 2) * PAGE_SIZE, PAGE_SIZE, RAM, 1 };
	EXPECT(read(many, COUNT(many) - 1));
	EXPECT(!read(many, COUNT(many)));
	EXPECT_EQUAL(report.findings[0].code, DIAG_MEMORY_RANGES);
}

TEST("a machine without usable memory is refused")
{
	EXPECT(!read(NULL, 0));
	EXPECT_EQUAL(report.findings[0].code, DIAG_MEMORY_NONE);
	EXPECT(!read(MAP({ 0, 0x1000, RAM, 1 }, { 0x100000, 0xfff, RAM, 1 },
	                 { 0x200000, 0x1000, RESERVED, 1 }, { 0x300000, 0x100000, RAM, 0 })));
	EXPECT_EQUAL(report.findings[0].code, DIAG_MEMORY_NONE);
	EXPECT_PART(report.findings[0].detail, "its 3 ranges");
}
