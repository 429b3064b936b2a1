/* SPDX-License-Identifier: MIT */
/* memory.c - any firmware's map, as entries of 24 bytes: the map made of it is sound, and says
 * usable only where the firmware does and nobody says otherwise. */
#include "fuzz.h"

#include "core/memory.h"
#include "platform/e820/e820_entry.h"
#include "unit/sound.h"

#define MOST 512 /* entries; the platforms read no more */

static struct e820_entry entries[MOST];
static struct firmware_range ranges[MOST];
static struct memory memory;
static struct report report;
static uint64_t block[16384];

/* True if the firmware says that all of the page at `at` is RAM, and nothing else of any of it. */
static bool is_ram(uint64_t at, unsigned count)
{
	bool ram = false;

	for (unsigned i = 0; i < count; i++) {
		const struct e820_entry *range = &entries[i];
		uint64_t end = range->size > UINT64_MAX - range->begin ? UINT64_MAX
		                                                       : range->begin + range->size;

		if ((range->attributes & 1) == 0 || end <= at || range->begin >= at + PAGE_SIZE
		    || range->begin >= end)
			continue;
		if (range->type != 1)
			return false;
		ram |= range->begin <= at && end >= at + PAGE_SIZE;
	}
	return ram;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct machine machine = { .firmware = ranges };
	struct scratch scratch = { (uint8_t *)block, (uint8_t *)(block + COUNT(block)) };
	struct span rest = { bytes, size };
	unsigned count = 0;

	for (; rest.size != 0 && count < MOST; count++) {
		take_bytes(&rest, &entries[count], sizeof(entries[count]));
		machine.firmware_count +=
			e820_entry_read(&entries[count], &ranges[machine.firmware_count]);
	}
	memset(&report, 0, sizeof(report));
	if (!memory_read(&memory, &machine, scratch, &report)) {
		EXPECT_EQUAL(report.count, 1);
		return 0;
	}
	expect_no_fault(memory_fault(&memory));
	for (unsigned i = 0; i < memory.count; i++) {
		const struct memory_range *range = &memory.ranges[i];
		bool usable = range->type == MEMORY_USABLE;

		EXPECT(!usable || range->phys.begin >= PAGE_SIZE);
		EXPECT(!usable || is_ram(range->phys.begin, count));
		EXPECT(!usable || is_ram(range->phys.end - PAGE_SIZE, count));
	}
	return 0;
}
