/* SPDX-License-Identifier: MIT */
/* map.h - what a fuzzer expects of the memory map that is made of a firmware's. */
#ifndef FUZZ_MAP_H
#define FUZZ_MAP_H

#include "fuzz.h"

#include "core/memory.h"
#include "unit/sound.h"

#define MOST 512 /* ranges; the platforms read no more */

static struct firmware_range ranges[MOST]; /* what the firmware says */

/* True if the firmware says that all of the page at `at` is memory, and that no byte of it is
 * anything else. Each fuzzer has its own. */
static bool is_ram(uint64_t at);

/* Makes the map of the first `count` ranges. Ends the fuzzer if it is not sound, or says usable
 * where the firmware does not. */
static inline void expect_sound_map(unsigned count)
{
	static struct memory memory;
	static struct report report;
	static uint64_t block[16384];
	struct machine machine = { .firmware = ranges, .firmware_count = count };
	struct scratch scratch = { (uint8_t *)block, (uint8_t *)(block + COUNT(block)) };

	memset(&report, 0, sizeof(report));
	if (!memory_read(&memory, &machine, scratch, &report)) {
		EXPECT_EQUAL(report.count, 1);
		return;
	}
	expect_no_fault(memory_fault(&memory));
	for (unsigned i = 0; i < memory.count; i++) {
		const struct memory_range *range = &memory.ranges[i];
		bool usable = range->type == MEMORY_USABLE;

		EXPECT(!usable || range->phys.begin >= PAGE_SIZE);
		EXPECT(!usable || is_ram(range->phys.begin));
		EXPECT(!usable || is_ram(range->phys.end - PAGE_SIZE));
	}
}

#endif
