/* SPDX-License-Identifier: MIT */
/* memory.c - allocates memory from Syslinux, and records it. Files have their own (file.c). */
#include "platform/com32/memory.h"

#include "platform/bios/call.h"
#include "platform/com32/syslinux.h"
#include "platform/platform.h"

/* Blocks to free: state, facts, scratch memory, buffers for the BIOS. */
static void *blocks[8];
static unsigned block_count;

/* Records a block from Syslinux; NULL if there was none. */
static void *note(void *block)
{
	if (block != NULL)
		blocks[block_count++] = block;
	return block;
}

void memory_release(void)
{
	while (block_count > 0)
		free(blocks[--block_count]);
}

void *platform_take(uint64_t size, uint64_t align)
{
	uintptr_t block = (uintptr_t)note(malloc((size_t)(size + align - 1)));

	return block != 0 ? (void *)(uintptr_t)align_up(block, align) : NULL;
}

bool platform_take_rest(uint64_t least, uint64_t most, struct phys_range *rest)
{
	uint64_t all = max_u64(least, min_u64(most, UINT32_MAX - MIB));
	void *block;

	while ((block = malloc((size_t)all)) == NULL && all > least)
		all = max_u64(least, all - all / 16);
	rest->begin = (uintptr_t)note(block);
	rest->end = rest->begin + all;
	return block != NULL;
}

void *bios_low_memory(size_t size)
{
	return note(lmalloc(size));
}
