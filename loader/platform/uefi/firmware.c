/* SPDX-License-Identifier: MIT */
/* firmware.c - finds the firmware's protocols, and takes its memory. */
#include "platform/uefi/firmware.h"

#include "core/config.h"
#include "platform/platform.h"

#define SYSTEM_TABLE UINT64_C(0x5453595320494249) /* "IBI SYST" */

/* UEFI 2.10, 9.1 */
static const struct efi_guid loaded_image = {
	0x5b1b31a1, 0x9562, 0x11d2, { 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};

struct firmware firmware;

/* What was taken from the firmware. A file takes two entries while it is decompressed. */
static struct {
	uint64_t at, pages;
	const void *given; /* the caller's pointer to it */
} blocks[CONFIG_MAX_MODULES + 16];
static unsigned block_count;

bool guid_equal(const struct efi_guid *a, const struct efi_guid *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void *firmware_protocol(efi_handle handle, const struct efi_guid *protocol)
{
	void *interface = NULL;

	if (handle == NULL
	    || firmware.boot->handle_protocol(handle, protocol, &interface) != EFI_SUCCESS)
		return NULL;
	return interface;
}

efi_handle *firmware_handles(const struct efi_guid *protocol, uint64_t *count)
{
	efi_handle *handles = NULL;

	*count = 0;
	if (firmware.boot->locate_handles(EFI_BY_PROTOCOL, protocol, NULL, count, &handles)
	    != EFI_SUCCESS)
		return NULL;
	return handles;
}

bool firmware_open(efi_handle image, struct efi_system_table *system)
{
	if (system->header.signature != SYSTEM_TABLE)
		return false;
	firmware.image = image;
	firmware.system = system;
	firmware.boot = system->boot;
	firmware.runtime = system->runtime;
	firmware.loaded = firmware_protocol(image, &loaded_image);
	return firmware.loaded != NULL;
}

/* Memory below 4 GiB of one of the firmware's types. */
static void *take(enum efi_memory_type type, uint64_t size, uint64_t align)
{
	uint64_t pages = page_up(size) / PAGE_SIZE + (align > PAGE_SIZE ? align / PAGE_SIZE : 0);
	uint64_t at = 4 * GIB - 1;

	if (size > 4 * GIB || block_count == COUNT(blocks)
	    || firmware.boot->allocate_pages(EFI_BELOW, type, pages, &at) != EFI_SUCCESS)
		return NULL;
	blocks[block_count].at = at;
	blocks[block_count].pages = pages;
	blocks[block_count].given = (const void *)(uintptr_t)align_up(at, align);
	return (void *)(uintptr_t)blocks[block_count++].given;
}

void *platform_take(uint64_t size, uint64_t align)
{
	return take(EFI_LOADER_DATA, size, align);
}

void *memory_take_code(uint64_t size)
{
	return take(EFI_LOADER_CODE, size, PAGE_SIZE);
}

bool memory_take_at(uint64_t at, uint64_t size)
{
	if (block_count == COUNT(blocks)
	    || firmware.boot->allocate_pages(EFI_AT, EFI_LOADER_DATA, size / PAGE_SIZE, &at)
	               != EFI_SUCCESS)
		return false;
	blocks[block_count].at = at;
	blocks[block_count].pages = size / PAGE_SIZE;
	blocks[block_count++].given = (const void *)(uintptr_t)at;
	return true;
}

uint64_t memory_taken(void)
{
	uint64_t taken = 0;

	for (unsigned i = 0; i < block_count; i++)
		taken += blocks[i].pages * PAGE_SIZE;
	return taken;
}

void memory_give_back(void *memory)
{
	for (unsigned i = block_count; i-- > 0;) {
		if (blocks[i].given != memory)
			continue;
		firmware.boot->free_pages(blocks[i].at, blocks[i].pages);
		blocks[i] = blocks[--block_count];
		return;
	}
}

void memory_release(void)
{
	while (block_count > 0) {
		block_count--;
		firmware.boot->free_pages(blocks[block_count].at, blocks[block_count].pages);
	}
}
