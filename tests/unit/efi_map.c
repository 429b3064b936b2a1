/* SPDX-License-Identifier: MIT */
/* efi_map.c - checks what standalone/efi_map.h promises about UEFI's memory map. */
#include "check.h"

#include "core/memory.h"
#include "sound.h"
#include "standalone/efi_map.h"

#define STRIDE 48 /* as today's firmware has it: more than a descriptor */

static uint8_t map[STRIDE * 16];
static struct firmware_range ranges[16];

static void put(unsigned at, uint32_t type, uint64_t begin, uint64_t pages)
{
	struct efi_memory_descriptor descriptor = { .type = type,
		                                    .physical = begin,
		                                    .pages = pages };

	memset(map + at * STRIDE, 0xcc, STRIDE);
	memcpy(map + at * STRIDE, &descriptor, sizeof(descriptor));
}

static unsigned read_map(unsigned count)
{
	return efi_map_read((struct span){ map, count * STRIDE }, STRIDE, ranges, COUNT(ranges));
}

static void expect(unsigned at, uint64_t begin, uint64_t end, enum memory_type type)
{
	EXPECT_EQUAL(ranges[at].phys.begin, begin);
	EXPECT_EQUAL(ranges[at].phys.end, end);
	EXPECT_EQUAL(ranges[at].type, type);
}

TEST("what the firmware gives back at the exit is memory like any other, in one piece")
{
	/* loader [0,10)  boot services [10,20)  free [20,30)  ->  memory [0,30) */
	put(0, EFI_LOADER_CODE, 0, 5);
	put(1, EFI_LOADER_DATA, 5 * PAGE_SIZE, 5);
	put(2, EFI_BOOT_CODE, 10 * PAGE_SIZE, 5);
	put(3, EFI_BOOT_DATA, 15 * PAGE_SIZE, 5);
	put(4, EFI_CONVENTIONAL, 20 * PAGE_SIZE, 10);
	EXPECT_EQUAL(read_map(5), 1);
	expect(0, 0, 30 * PAGE_SIZE, MEMORY_USABLE);
}

TEST("every other type is kept from the kernel, ACPI's by its own name")
{
	static const struct {
		uint32_t efi;
		enum memory_type type;
	} types[] = {
		{ EFI_RESERVED, MEMORY_RESERVED },
		{ EFI_RUNTIME_CODE, MEMORY_RESERVED },
		{ EFI_RUNTIME_DATA, MEMORY_RESERVED },
		{ EFI_UNUSABLE, MEMORY_BAD },
		{ EFI_ACPI_RECLAIM, MEMORY_ACPI_RECLAIMABLE },
		{ EFI_ACPI_NVS, MEMORY_ACPI_NVS },
		{ EFI_MAPPED_IO, MEMORY_RESERVED },
		{ EFI_MAPPED_IO_PORTS, MEMORY_RESERVED },
		{ EFI_PAL_CODE, MEMORY_RESERVED },
		{ EFI_PERSISTENT, MEMORY_RESERVED },
		{ EFI_UNACCEPTED, MEMORY_RESERVED },
		{ 16, MEMORY_RESERVED },
		{ 0x70000000, MEMORY_RESERVED },
		{ UINT32_MAX, MEMORY_RESERVED },
	};

	for (unsigned i = 0; i < COUNT(types); i++) {
		put(0, types[i].efi, MIB, 1);
		EXPECT_EQUAL(read_map(1), 1);
		expect(0, MIB, MIB + PAGE_SIZE, types[i].type);
		EXPECT_EQUAL(ranges[0].raw, types[i].efi);
	}
}

TEST("ranges that do not touch, or do not follow each other, stay apart")
{
	/* free [0,1)  free [2,3)  free [1,2)  ->  the same three */
	put(0, EFI_CONVENTIONAL, 0, 1);
	put(1, EFI_CONVENTIONAL, 2 * PAGE_SIZE, 1);
	put(2, EFI_CONVENTIONAL, PAGE_SIZE, 1);
	EXPECT_EQUAL(read_map(3), 3);
	expect(0, 0, PAGE_SIZE, MEMORY_USABLE);
	expect(1, 2 * PAGE_SIZE, 3 * PAGE_SIZE, MEMORY_USABLE);
	expect(2, PAGE_SIZE, 2 * PAGE_SIZE, MEMORY_USABLE);
}

TEST("an empty range is ignored, and one that wraps ends where addresses do")
{
	put(0, EFI_CONVENTIONAL, MIB, 0);
	put(1, EFI_RESERVED, MIB, UINT64_MAX);
	put(2, EFI_RESERVED, -PAGE_SIZE, UINT64_MAX);
	EXPECT_EQUAL(read_map(3), 1);
	EXPECT_EQUAL(ranges[0].phys.begin, MIB);
	EXPECT(ranges[0].phys.end > UINT64_MAX - 2 * PAGE_SIZE);
}

TEST("ranges for which there is no room are counted and not written")
{
	struct firmware_range room[3] = { 0 };

	for (unsigned i = 0; i < 4; i++)
		put(i, EFI_CONVENTIONAL, 2 * i * PAGE_SIZE, 1);
	EXPECT_EQUAL(efi_map_read((struct span){ map, 4 * STRIDE }, STRIDE, room, 2), 4);
	EXPECT_EQUAL(room[1].phys.begin, 2 * PAGE_SIZE);
	EXPECT_EQUAL(room[2].phys.end, 0);
}

TEST("a map that is cut, or whose descriptors are too small, says no more than is there")
{
	put(0, EFI_CONVENTIONAL, 0, 1);
	put(1, EFI_CONVENTIONAL, 2 * PAGE_SIZE, 1);
	EXPECT_EQUAL(efi_map_read((struct span){ map, 2 * STRIDE - 9 }, STRIDE, ranges, 16), 1);
	EXPECT_EQUAL(efi_map_read((struct span){ map, 2 * STRIDE - 8 }, STRIDE, ranges, 16), 2);
	EXPECT_EQUAL(efi_map_read((struct span){ map, 2 * STRIDE }, 39, ranges, 16), 0);
	EXPECT_EQUAL(efi_map_read((struct span){ map, 2 * STRIDE }, UINT64_MAX, ranges, 16), 1);
	EXPECT_EQUAL(efi_map_read((struct span){ NULL, 0 }, STRIDE, ranges, 16), 0);
}

TEST("descriptors that are larger than ours are read by their size")
{
	struct efi_memory_descriptor descriptor = { .type = EFI_CONVENTIONAL, .pages = 1 };
	const uint64_t stride = 96;

	memset(map, 0xcc, sizeof(map));
	for (unsigned i = 0; i < 3; i++) {
		descriptor.physical = 2 * i * PAGE_SIZE;
		memcpy(map + i * stride, &descriptor, sizeof(descriptor));
	}
	EXPECT_EQUAL(efi_map_read((struct span){ map, 3 * stride }, stride, ranges, 16), 3);
	expect(2, 4 * PAGE_SIZE, 5 * PAGE_SIZE, MEMORY_USABLE);
}

TEST("descriptors of no bytes are a map of nothing")
{
	put(0, EFI_CONVENTIONAL, 0, 1);
	EXPECT_EQUAL(efi_map_read((struct span){ map, STRIDE }, 0, ranges, 16), 0);
}

/* What the core makes of `count` descriptors. */
static const struct memory_range *make_map(unsigned count, unsigned expected)
{
	static struct memory memory;
	static struct report report;
	static uint64_t block[4096];
	struct machine machine = { .firmware = ranges, .firmware_count = read_map(count) };
	struct scratch scratch = { (uint8_t *)block, (uint8_t *)(block + COUNT(block)) };

	EXPECT(memory_read(&memory, &machine, scratch, &report));
	EXPECT(memory_fault(&memory) == NULL);
	EXPECT_EQUAL(memory.count, expected);
	return memory.ranges;
}

static void expect_range(const struct memory_range *range, uint64_t begin, uint64_t end,
                         enum memory_type type)
{
	EXPECT_EQUAL(range->phys.begin, begin);
	EXPECT_EQUAL(range->phys.end, end);
	EXPECT_EQUAL(range->type, type);
}

TEST("an unsorted map is sorted, and where ranges overlap, only what is free in all is free")
{
	/* free [8,16)  runtime [10,12)  free [1,8)  free [4,10)  ->
	 * free [1,10)  reserved [10,12)  free [12,16), after the first page, which is reserved */
	const struct memory_range *made;

	put(0, EFI_CONVENTIONAL, 8 * PAGE_SIZE, 8);
	put(1, EFI_RUNTIME_DATA, 10 * PAGE_SIZE, 2);
	put(2, EFI_CONVENTIONAL, PAGE_SIZE, 7);
	put(3, EFI_BOOT_DATA, 4 * PAGE_SIZE, 6);
	made = make_map(4, 4);
	expect_range(&made[0], 0, PAGE_SIZE, MEMORY_RESERVED);
	expect_range(&made[1], PAGE_SIZE, 10 * PAGE_SIZE, MEMORY_USABLE);
	expect_range(&made[2], 10 * PAGE_SIZE, 12 * PAGE_SIZE, MEMORY_RESERVED);
	expect_range(&made[3], 12 * PAGE_SIZE, 16 * PAGE_SIZE, MEMORY_USABLE);
}

TEST("of odd ranges, only whole pages are free, and every page that is touched is kept")
{
	/* free [4.5,8.5)  NVS [16.5,17.5)  ->  free [5,8)  NVS [16,18) */
	const struct memory_range *made;

	put(0, EFI_CONVENTIONAL, 4 * PAGE_SIZE + 2048, 4);
	put(1, EFI_ACPI_NVS, 16 * PAGE_SIZE + 2048, 1);
	made = make_map(2, 3);
	expect_range(&made[1], 5 * PAGE_SIZE, 8 * PAGE_SIZE, MEMORY_USABLE);
	expect_range(&made[2], 16 * PAGE_SIZE, 18 * PAGE_SIZE, MEMORY_ACPI_NVS);
}
