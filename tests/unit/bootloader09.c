/* SPDX-License-Identifier: MIT */
/*
 * bootloader09.c - kernels for the Rust crate bootloader 0.9 in a simulated machine (world.h):
 * what they are told, where the crate would panic as well, and where everything lies.
 */
#include "build_elf.h"
#include "world.h"

#include "protocols/bootloader09/abi.h"
#include "protocols/bootloader09/bootloader09.h"

#define SLOT    (512 * GIB)
#define FILE_AT (2 * MIB)
#define LINKED  (2 * MIB) /* virtual */

/* A machine, and a kernel with a template for thread-local storage. */
static void begin_kernel(unsigned type, uint64_t base, const char *choice)
{
	begin_world(32 * MIB);
	world.protocol = &bootloader09_protocol;
	world.config.options.protocol = choice;
	begin_elf(type);
	add_segment(RX, base + 0x1000, 6000, 6000);
	add_segment(RW, base + 0x3000, 0x1000, 0x3000);
	add_program(ELF_PT_TLS, RO, 0, base + 0x3100, 0x20, 0x100)->align = 64;
	elf_head->entry = base + 0x1010;
}

/* Plans the boot, carries it out, and returns the BootInfo. */
static const struct rb_memory_map *boot_it(void)
{
	const struct placement *info;

	lay_file(&world.config.kernel, elf_file(), FILE_AT);
	expect_plan();
	carry_out(world.boot.launch, world.memory);
	info = find_placement(USE_BOOT_INFO, 0);
	EXPECT_EQUAL(world.boot.plan.entry.rdi, info->virt.at);
	return (const void *)(world.memory + info->phys.begin);
}

/* The words after the memory map: those of the features, then the template, then zeroes. */
static void expect_tail(const char *choice, const uint64_t *words, unsigned count)
{
	const struct rb_memory_map *map;
	const uint64_t *tail;

	begin_kernel(ELF_TYPE_EXEC, LINKED, choice);
	map = boot_it();
	tail = (const void *)(map + 1);
	for (unsigned i = 0; i < count; i++)
		EXPECT_EQUAL(tail[i], words[i]);
	EXPECT_EQUAL(tail[count], LINKED + 0x3100);
	EXPECT_EQUAL(tail[count + 1], 0x20);
	EXPECT_EQUAL(tail[count + 2], 0x100);
	EXPECT_EQUAL(tail[count + 3], 0);
}

TEST("the information ends as the crate's features say")
{
	const uint64_t both[] = { UINT64_C(0x8040201000), 3 * SLOT };

	expect_tail("bootloader-0.9", NULL, 0);
	expect_tail("bootloader-0.9,sse,vga_320x200", NULL, 0);
	expect_tail("bootloader-0.9,recursive_page_table", both, 1);
	expect_tail("bootloader-0.9,map_physical_memory", both + 1, 1);
	expect_tail("bootloader-0.9,map_physical_memory,recursive_page_table", both, 2);
}

TEST("without a VGA BIOS the screen stays as it is, and a VGA mode is refused by its name")
{
	begin_kernel(ELF_TYPE_EXEC, LINKED, "bootloader-0.9,vga_320x200");
	boot_it();
	EXPECT_EQUAL(world.boot.plan.entry.screen, ENTRY_SCREEN_VGA_320X200);
	world.machine.display.kind = DISPLAY_NONE;
	expect_refusal(DIAG_BOOTLOADER_NO_VGA, "vga_320x200");
	world.config.options.protocol = "bootloader-0.9";
	boot_it();
	EXPECT_EQUAL(world.boot.plan.entry.screen, ENTRY_SCREEN_AS_IS);
}

/* The ranges are sorted, do not overlap, and are not empty; the entries after them are empty. */
static void expect_config(const struct rb_memory_map *map)
{
	uint64_t past = 0;

	EXPECT(map->count > 0 && map->count <= RB_MAP_ENTRIES);
	for (unsigned i = 0; i < RB_MAP_ENTRIES; i++) {
		const struct rb_region *region = &map->entries[i];

		if (i >= map->count) {
			EXPECT_EQUAL(region->type, RB_EMPTY);
			EXPECT_EQUAL(region->end_frame, 0);
			continue;
		}
		EXPECT(region->start_frame >= past && region->end_frame > region->start_frame);
		EXPECT(region->type <= RB_PACKAGE && region->type != RB_EMPTY);
		past = region->end_frame;
	}
}

/* How many pages the map has of a type. */
static uint64_t pages_of(const struct rb_memory_map *map, uint32_t type)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < map->count; i++) {
		if (map->entries[i].type == type)
			pages += map->entries[i].end_frame - map->entries[i].start_frame;
	}
	return pages;
}

TEST("of more than 64 ranges the smallest are left out, where the crate panics")
{
	const struct rb_memory_map *map;
	uint64_t at = 64 * MIB;

	begin_kernel(ELF_TYPE_EXEC, LINKED, "bootloader-0.9");
	for (unsigned i = 1; world.machine.firmware_count < COUNT(world.firmware); i++) {
		add_firmware(at, at + i * PAGE_SIZE, 2);
		at += 2 * i * PAGE_SIZE;
	}
	map = boot_it();
	expect_config(map);
	EXPECT_EQUAL(map->count, RB_MAP_ENTRIES);
	EXPECT_EQUAL(pages_of(map, RB_KERNEL), 5);
	EXPECT_EQUAL(pages_of(map, RB_KERNEL_STACK), 512);
	EXPECT_EQUAL(pages_of(map, RB_BOOT_INFO), 1);
	EXPECT(pages_of(map, RB_PAGE_TABLE) > 4 && pages_of(map, RB_BOOTLOADER) > 2);
	EXPECT_EQUAL(map->entries[map->count - 1].end_frame
	                     - map->entries[map->count - 1].start_frame,
	             61);
	for (unsigned i = 0; i < map->count; i++)
		EXPECT(map->entries[i].start_frame != 64 * MIB / PAGE_SIZE);
}

TEST("no more ranges are left out than must be, all of a size or not")
{
	const struct rb_memory_map *map;

	begin_kernel(ELF_TYPE_EXEC, LINKED, "bootloader-0.9");
	for (unsigned i = 0; world.machine.firmware_count < COUNT(world.firmware); i++)
		add_firmware((64 + 2 * i) * MIB, (65 + 2 * i) * MIB, 2);
	map = boot_it();
	expect_config(map);
	EXPECT_EQUAL(map->count, RB_MAP_ENTRIES);
	EXPECT(pages_of(map, RB_RESERVED) >= 50 * 256);
}

TEST("types of memory that the crate panics at count as reserved")
{
	static const uint32_t types[] = { 0, 6, 7, 12, 20, 0xf0000000 };
	const struct rb_memory_map *map;

	begin_kernel(ELF_TYPE_EXEC, LINKED, "bootloader-0.9");
	for (unsigned i = 0; i < COUNT(types); i++)
		add_firmware((64 + 2 * i) * MIB, (65 + 2 * i) * MIB, types[i]);
	add_firmware(128 * MIB, 129 * MIB, 3);
	add_firmware(130 * MIB, 131 * MIB, 4);
	add_firmware(132 * MIB, 133 * MIB, 5);
	map = boot_it();
	expect_config(map);
	EXPECT_EQUAL(pages_of(map, RB_ACPI_RECLAIMABLE), 256);
	EXPECT_EQUAL(pages_of(map, RB_ACPI_NVS), 256);
	EXPECT_EQUAL(pages_of(map, RB_BAD_MEMORY), 256);
	EXPECT(pages_of(map, RB_RESERVED) >= 256 * COUNT(types));
	EXPECT_EQUAL(pages_of(map, RB_FRAME_ZERO), 1);
}

/* The second usable range of the map. */
static struct rb_region second_usable(const struct rb_memory_map *map)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < map->count; i++) {
		if (map->entries[i].type == RB_USABLE && ++seen == 2)
			return map->entries[i];
	}
	FAIL("there are %u usable ranges", seen);
}

TEST("kernel and stack lie below the scratch memory, or lower if there is no room")
{
	const struct rb_region *kernel = NULL;
	const struct rb_memory_map *map;
	struct rb_region usable;

	begin_kernel(ELF_TYPE_EXEC, LINKED, "bootloader-0.9");
	map = boot_it();
	usable = second_usable(map);
	EXPECT_EQUAL(usable.start_frame, MIB / PAGE_SIZE);
	EXPECT_EQUAL(usable.end_frame, (31 * MIB - 2 * MIB) / PAGE_SIZE - 5);
	begin_kernel(ELF_TYPE_EXEC, LINKED, "bootloader-0.9");
	machine_reserve(&world.machine, 8 * MIB, 31 * MIB);
	map = boot_it();
	for (unsigned i = 0; i < map->count; i++) {
		if (map->entries[i].type == RB_KERNEL)
			kernel = &map->entries[i];
	}
	EXPECT(kernel != NULL && kernel->end_frame <= 8 * MIB / PAGE_SIZE);
	EXPECT_EQUAL(pages_of(map, RB_KERNEL_STACK), 512);
}

TEST("a position-independent kernel is slid, and its template with it, where the crate fails")
{
	const struct rb_memory_map *map;
	const uint64_t *tail;

	begin_kernel(ELF_TYPE_DYN, 0, "bootloader-0.9");
	map = boot_it();
	tail = (const void *)(map + 1);
	EXPECT_EQUAL(world.boot.plan.entry.rip, world.boot.plan.slide + 0x1010);
	EXPECT_EQUAL(tail[0], world.boot.plan.slide + 0x3100);
	EXPECT_EQUAL(world.boot.plan.entry.rdi, 2 * SLOT);
}

TEST("entries of the top table that the kernel takes are passed over")
{
	begin_kernel(ELF_TYPE_EXEC, SLOT, "bootloader-0.9,map_physical_memory");
	boot_it();
	EXPECT_EQUAL(world.boot.plan.entry.rdi, 3 * SLOT);
	EXPECT_EQUAL(world.boot.plan.entry.rsp, 3 * SLOT + 2 * PAGE_SIZE + 2 * MIB);
}
