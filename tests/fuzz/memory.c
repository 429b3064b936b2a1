/* SPDX-License-Identifier: MIT */
/* memory.c - any firmware's map, as entries of 24 bytes: the map made of it is sound, and says
 * usable only where the firmware does and no other entry says otherwise. */
#include "map.h"

#include "platform/e820/e820_entry.h"

static struct e820_entry entries[MOST];
static unsigned entry_count;

/* True if the firmware says that all of the page at `at` is RAM, and that no byte of it is anything
 * else. */
static bool is_ram(uint64_t at)
{
	bool ram = false;

	for (unsigned i = 0; i < entry_count; i++) {
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
	struct span rest = { bytes, size };
	unsigned count = 0;

	for (entry_count = 0; rest.size != 0 && entry_count < MOST; entry_count++) {
		struct e820_entry *entry = &entries[entry_count];

		take_bytes(&rest, entry, sizeof(*entry));
		count += e820_entry_read(entry, &ranges[count]);
	}
	expect_sound_map(count);
	return 0;
}
