/* SPDX-License-Identifier: MIT */
/* memory.c - reads the memory map, as often as it takes to have the last one. */
#include "platform/uefi/memory.h"

#include "platform/platform.h"
#include "platform/uefi/firmware.h"
#include "standalone/efi_map.h"

#define ROOM_MORE (64 * KIB) /* what the map may grow by until we leave */

#define LEFT_TO_FIRMWARE (32 * MIB) /* for what it does until we leave, such as setting modes */

struct memory_map memory_map;

static uint8_t *buffer;
static uint64_t buffer_size;
static struct firmware_range *ranges[2]; /* those in use, and those just read */
static unsigned capacity;

/* Fetches the map, and makes ranges[1] of it. Returns how many, or 0. */
static unsigned fetch(void)
{
	uint64_t size = buffer_size;
	unsigned count;

	if (firmware.boot->get_memory_map(&size, buffer, &memory_map.key, &memory_map.stride,
	                                  &memory_map.version)
	    != EFI_SUCCESS)
		return 0;
	memory_map.descriptors = (struct span){ buffer, min_u64(size, buffer_size) };
	count = efi_map_read(memory_map.descriptors, memory_map.stride, ranges[1], capacity);
	return count <= capacity ? count : 0;
}

/* Makes what was fetched the machine's. */
static void use(struct machine *machine, unsigned count)
{
	struct firmware_range *before = ranges[0];

	ranges[0] = ranges[1];
	ranges[1] = before;
	machine->firmware = ranges[0];
	machine->firmware_count = count;
}

bool memory_open(struct machine *machine, struct report *report)
{
	uint64_t size = 0, key, stride;
	uint32_t version;
	unsigned count;

	firmware.boot->get_memory_map(&size, NULL, &key, &stride, &version);
	buffer_size = page_up(size + ROOM_MORE);
	capacity = (unsigned)(buffer_size / sizeof(struct efi_memory_descriptor));
	buffer = memory_take(buffer_size + 2 * capacity * sizeof(*ranges[0]), PAGE_SIZE);
	if (buffer == NULL)
		return refuse(report, DIAG_MEMORY_LOADER, "%llu KiB for the memory map",
		              ULL(buffer_size / KIB));
	ranges[0] = (struct firmware_range *)(void *)(buffer + buffer_size);
	ranges[1] = ranges[0] + capacity;
	count = fetch();
	if (count == 0)
		return refuse(report, DIAG_BIOS_NO_MAP, "GetMemoryMap() of UEFI fails");
	use(machine, count);
	return true;
}

bool memory_read_again(struct machine *machine, bool *changed)
{
	unsigned count = fetch();

	if (count == 0)
		return false;
	*changed = !efi_map_equal(machine->firmware, machine->firmware_count, ranges[1], count);
	if (*changed)
		use(machine, count);
	return true;
}

/* The largest run of usable memory that the firmware has not given to anybody yet, within
 * [0, limit); it may be empty. */
static struct phys_range largest_free(uint64_t limit)
{
	struct phys_range largest = { 0, 0 };
	struct efi_memory_descriptor descriptor;
	uint64_t at = 0;

	while (span_read(memory_map.descriptors, at, &descriptor, sizeof(descriptor))) {
		uint64_t end = descriptor.physical + descriptor.pages * PAGE_SIZE;
		uint64_t begin = max_u64(descriptor.physical, PAGE_SIZE);

		if (descriptor.type == EFI_CONVENTIONAL && begin < min_u64(end, limit)
		    && min_u64(end, limit) - begin > largest.end - largest.begin)
			largest = (struct phys_range){ begin, min_u64(end, limit) };
		at += memory_map.stride;
	}
	return largest;
}

bool platform_take_rest(uint64_t least, uint64_t most, struct phys_range *rest)
{
	uint64_t size;

	if (fetch() == 0)
		return false;
	*rest = largest_free(4 * GIB);
	size = rest->end - rest->begin;
	size = max_u64(least, size - min_u64(page_down(size / 4), LEFT_TO_FIRMWARE));
	if (size > rest->end - rest->begin)
		return false;
	rest->end = rest->begin + size;
	rest->begin = rest->end - min_u64(size, most);
	return memory_take_at(rest->begin, rest->end - rest->begin);
}
