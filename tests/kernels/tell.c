/* SPDX-License-Identifier: MIT */
/* tell.c - prints everything that the loader reported, and proves what can be judged from
 * inside. */
#include "kit.h"

static void memory_map_is_in_order(const struct longjump_boot_info *info)
{
	const struct longjump_memory *map = info->memory_map;

	EXPECT(info->memory_map_count > 0);
	for (uint64_t i = 0; i < info->memory_map_count; i++) {
		EXPECT_QUIETLY(map[i].begin < map[i].end);
		EXPECT_QUIETLY(((map[i].begin | map[i].end) & 0xfff) == 0);
		EXPECT_QUIETLY(map[i].type >= LONGJUMP_MEMORY_USABLE
		               && map[i].type <= LONGJUMP_MEMORY_FRAMEBUFFER);
		EXPECT_QUIETLY(map[i].reserved == 0);
		if (i == 0)
			continue;
		EXPECT_QUIETLY(map[i - 1].end <= map[i].begin);
		EXPECT_QUIETLY(map[i - 1].end < map[i].begin || map[i - 1].type != map[i].type);
	}
}

/* The type that the memory map gives to a physical address, or 0. */
static uint32_t type_at(const struct longjump_boot_info *info, uint64_t address)
{
	for (uint64_t i = 0; i < info->memory_map_count; i++)
		if (info->memory_map[i].begin <= address && address < info->memory_map[i].end)
			return info->memory_map[i].type;
	return 0;
}

static void segments_are_in_order(const struct longjump_boot_info *info)
{
	const struct longjump_segment *segments = info->segments;

	EXPECT(info->segment_count > 0);
	for (uint64_t i = 0; i < info->segment_count; i++) {
		EXPECT_QUIETLY(segments[i].virtual_begin < segments[i].virtual_end);
		EXPECT_QUIETLY(((segments[i].virtual_begin | segments[i].virtual_end
		                 | segments[i].physical)
		                & 0xfff)
		               == 0);
		EXPECT_QUIETLY(segments[i].rights & LONGJUMP_READ);
		EXPECT_QUIETLY((segments[i].rights & 6) != 6);
		EXPECT_QUIETLY(i == 0 || segments[i - 1].virtual_end <= segments[i].virtual_begin);
		EXPECT_QUIETLY(type_at(info, segments[i].physical) == LONGJUMP_MEMORY_KERNEL);
	}
	EXPECT_EQUAL(info->kernel_begin, segments[0].virtual_begin);
	EXPECT_EQUAL(info->kernel_end, segments[info->segment_count - 1].virtual_end);
}

static void phases_are_in_order(const struct longjump_boot_info *info)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	EXPECT(info->tsc_start > 0);
	EXPECT(info->tsc_start < info->tsc_read);
	EXPECT(info->tsc_read < info->tsc_jump);
	EXPECT(info->tsc_jump < ((uint64_t)high << 32 | low));
}

/* What UEFI has left is there, by its signatures (UEFI 2.10, 4.2 and 7.2.3). */
static void firmware_is_told(const struct longjump_boot_info *info)
{
	const struct longjump_efi *efi = &info->efi;
	uint64_t at_kernel = 0;

	if (info->firmware != LONGJUMP_FIRMWARE_EFI) {
		EXPECT_EQUAL(efi->system_table_physical | efi->memory_map_size, 0);
		EXPECT(efi->memory_map == NULL && efi->descriptor_size == 0);
		return;
	}
	EXPECT_EQUAL(*(const uint64_t *)(info->direct_map + efi->system_table_physical),
	             0x5453595320494249); /* "IBI SYST" */
	EXPECT_EQUAL(efi->descriptor_version, 1);
	EXPECT(efi->descriptor_size >= 40 && efi->memory_map_size >= efi->descriptor_size);
	EXPECT_EQUAL(efi->memory_map_size % efi->descriptor_size, 0);
	for (uint64_t at = 0; at < efi->memory_map_size; at += efi->descriptor_size) {
		const uint64_t *words = (const void *)((const char *)efi->memory_map + at);

		EXPECT_QUIETLY((words[1] & 0xfff) == 0 && words[3] != 0);
		at_kernel += words[1] <= info->segments[0].physical
		          && info->segments[0].physical - words[1] < words[3] * 4096;
	}
	EXPECT_EQUAL(at_kernel, 1);
}

void _start(const struct longjump_boot_info *info)
{
	uint64_t here = address_of(&info);

	tell(info);
	EXPECT_EQUAL(info->magic, LONGJUMP_MAGIC);
	EXPECT_EQUAL(info->version, LONGJUMP_VERSION);
	EXPECT_EQUAL(info->size, sizeof(*info));
	EXPECT(info->loader[0] == 'L');
	EXPECT(info->command_line != NULL);
	memory_map_is_in_order(info);
	segments_are_in_order(info);
	phases_are_in_order(info);
	firmware_is_told(info);
	EXPECT(info->stack_begin < here && here < info->stack_end);
	EXPECT(info->direct_map_end - info->direct_map >= 4ull << 30);
	EXPECT_EQUAL(info->direct_map % (1ull << 30), 0);
	EXPECT(info->kernel_physical == 0 || info->kernel_physical == info->segments[0].physical);
	EXPECT_EQUAL(info->tls_size, 0);
	EXPECT(info->paging_levels == 4 || info->paging_levels == 5);
	EXPECT_EQUAL(type_at(info, 0), LONGJUMP_MEMORY_RESERVED);
	finish();
}
