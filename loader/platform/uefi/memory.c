/* SPDX-License-Identifier: MIT */
/* memory.c - reads the memory map, again whenever the firmware may have changed it. */
#include "platform/uefi/memory.h"

#include "platform/platform.h"
#include "platform/uefi/firmware.h"
#include "standalone/efi_map.h"

#define GROWTH (64 * KIB) /* by which the map may grow until we leave */

#define LEFT_TO_FIRMWARE \
	(32 * MIB) /* which it may need until we leave, to set a mode for example */

struct memory_map memory_map;

/* A map as the firmware returned it, and the same as ranges for the core. */
struct reading {
	uint8_t *buffer;
	struct firmware_range *ranges;
};
static struct reading in_use, just_read;
static uint64_t buffer_size; /* of each */
static unsigned capacity;    /* ranges of each */
static uint64_t known;       /* bytes that we had taken when it was read */

static struct machine *machine; /* whose map it is */
static efi_status status;       /* of the firmware's last answer */
static struct efi efi;          /* for the protocols that hand it on */

/* Reads the map into just_read. Returns its number of ranges, or 0. */
static unsigned fetch(void)
{
	uint64_t size = buffer_size;
	unsigned count;

	status = firmware.boot->get_memory_map(&size, just_read.buffer, &memory_map.key,
	                                       &memory_map.stride, &memory_map.version);
	if (status != EFI_SUCCESS)
		return 0;
	memory_map.is_old = false;
	known = memory_taken();
	memory_map.descriptors = (struct span){ just_read.buffer, min_u64(size, buffer_size) };
	count = efi_map_read(memory_map.descriptors, memory_map.stride, just_read.ranges, capacity);
	return count <= capacity ? count : 0;
}

/* Makes the map that was read the machine's. */
static void use(unsigned count)
{
	struct reading before = in_use;

	in_use = just_read;
	just_read = before;
	machine->firmware = in_use.ranges;
	machine->firmware_count = count;
	efi.memory_map = memory_map.descriptors;
	efi.descriptor_size = (uint32_t)memory_map.stride;
	efi.descriptor_version = memory_map.version;
}

/* Allocates memory for both maps. */
static bool take_readings(void)
{
	uint64_t size = page_up(buffer_size + capacity * sizeof(*in_use.ranges));
	uint8_t *memory = platform_take(2 * size, PAGE_SIZE);

	if (memory == NULL)
		return false;
	in_use = (struct reading){ memory, (void *)(memory + buffer_size) };
	just_read = (struct reading){ memory + size, (void *)(memory + size + buffer_size) };
	return true;
}

bool memory_refuse(struct report *report)
{
	if (status != EFI_SUCCESS)
		return refuse(report, DIAG_BIOS_NO_MAP, "GetMemoryMap() of UEFI returned %#llx",
		              ULL(status));
	return refuse(report, DIAG_BIOS_NO_MAP,
	              "GetMemoryMap() of UEFI returned %llu bytes, with descriptors of %llu bytes",
	              ULL(memory_map.descriptors.size), ULL(memory_map.stride));
}

bool memory_open(struct machine *of, struct report *report)
{
	uint64_t size = 0, key, stride;
	uint32_t version;
	unsigned count;

	machine = of;
	efi = (struct efi){ .system_table = physical(machine, firmware.system),
		            .image_handle = physical(machine, firmware.image) };
	firmware.boot->get_memory_map(&size, NULL, &key, &stride, &version);
	buffer_size = page_up(size + GROWTH);
	capacity = (unsigned)(buffer_size / sizeof(struct efi_memory_descriptor));
	if (!take_readings())
		return refuse(report, DIAG_MEMORY_LOADER, "%llu KiB for the memory map",
		              ULL(buffer_size / KIB));
	count = fetch();
	if (count == 0)
		return memory_refuse(report);
	use(count);
	machine->efi = &efi;
	return true;
}

bool memory_read_again(bool *changed)
{
	unsigned count = fetch();

	if (count == 0)
		return false;
	*changed = memory_map.descriptors.size != efi.memory_map.size
	        || memcmp(memory_map.descriptors.bytes, efi.memory_map.bytes, efi.memory_map.size)
	                   != 0;
	if (*changed)
		use(count);
	return true;
}

/* The largest run of free memory in the firmware's map, within [0, limit); may be empty. */
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

/* As platform_take_rest(), with the map that was read last. It does not show files that were read
 * since then, so more is left free. */
static bool take_rest(uint64_t least, uint64_t most, struct phys_range *rest)
{
	uint64_t size, left;

	*rest = largest_free(4 * GIB);
	size = rest->end - rest->begin;
	left = min_u64(page_down(size / 4), LEFT_TO_FIRMWARE) + memory_taken() - known;
	size = max_u64(least, size - min_u64(size, left));
	if (size > rest->end - rest->begin)
		return false;
	rest->end = rest->begin + size;
	rest->begin = rest->end - min_u64(size, most);
	return memory_take_at(rest->begin, rest->end - rest->begin);
}

/* Reading the map takes longer than most other steps, so the old one is tried first, unless much
 * has been taken since. */
bool platform_take_rest(uint64_t least, uint64_t most, struct phys_range *rest)
{
	bool is_good = memory_taken() - known <= LEFT_TO_FIRMWARE;
	bool changed;

	if (!(is_good && take_rest(least, most, rest))
	    && (fetch() == 0 || !take_rest(least, most, rest)))
		return false;
	/* No more memory is taken before the plan, so a plan that is made with the map as it is
	 * after this stays valid. */
	return memory_read_again(&changed);
}
