/* SPDX-License-Identifier: MIT */
/* plan.c - checks what the single steps of core/plan/ promise. boot.c checks whole plans. */
#include "build_elf.h"
#include "core/elf/read.h"
#include "world.h"

#include "core/plan/address_space.h"
#include "core/plan/allocate.h"
#include "core/plan/kernel.h"

#define SLOT      (512 * GIB)
#define LOWER_END UINT64_C(0x0000800000000000)

static struct plan *const plan = &world.boot.plan;

/* A plan with nothing in it: RAM [1 MiB, 6 MiB) and [8 MiB, 16 MiB), scratch in its last MiB. */
static void begin(void)
{
	static uint64_t block[16384];
	struct scratch spare = { (uint8_t *)block, (uint8_t *)(block + COUNT(block)) };

	begin_world(16 * MIB);
	world.machine.firmware_count = 0;
	add_firmware(MIB, 6 * MIB, 1);
	add_firmware(8 * MIB, 16 * MIB, 1);
	EXPECT(memory_read(&world.boot.memory, &world.machine, spare, &world.report));
	plan_begin(plan, &world.machine, &world.config, &world.boot.kernel, &world.boot.memory,
	           &world.scratch, &world.report);
}

/* Free memory must be found at `begin`. */
static void expect_found(uint64_t size, uint64_t align, uint64_t rest, uint64_t begins)
{
	struct phys_range found;

	EXPECT(plan_find(plan, size, align, rest, UINT64_MAX, &found));
	EXPECT_EQUAL(found.begin, begins);
	EXPECT_EQUAL(found.end, begins + size);
}

TEST("a new plan is empty, whatever it was before")
{
	begin();
	EXPECT(plan->count == 0 && plan->slide == 0 && plan->window == 0 && plan->copy_count == 0);
}

TEST("free memory is found from 1 MiB up")
{
	begin();
	expect_found(PAGE_SIZE, PAGE_SIZE, 0, MIB);
	expect_found(5 * MIB, PAGE_SIZE, 0, MIB);
}

TEST("what does not fit into one piece of memory is found in another, or not at all")
{
	struct phys_range found;

	begin();
	expect_found(6 * MIB, PAGE_SIZE, 0, 8 * MIB);
	expect_found(7 * MIB, PAGE_SIZE, 0, 8 * MIB);
	EXPECT(!plan_find(plan, 7 * MIB + 1, 1, 0, UINT64_MAX, &found));
	EXPECT(!plan_find(plan, UINT64_MAX, 1, 0, UINT64_MAX, &found));
}

TEST("free memory is aligned, to a remainder if that is asked for")
{
	begin();
	expect_found(PAGE_SIZE, 2 * MIB, 0, 2 * MIB);
	expect_found(PAGE_SIZE, 2 * MIB, MIB + 0x5000, MIB + 0x5000);
	expect_found(PAGE_SIZE, 8 * MIB, 0, 8 * MIB);
}

TEST("free memory below a limit ends below it")
{
	struct phys_range found;

	begin();
	EXPECT(plan_find(plan, MIB, PAGE_SIZE, 0, 2 * MIB, &found));
	EXPECT(!plan_find(plan, MIB + 1, PAGE_SIZE, 0, 2 * MIB, &found));
	EXPECT(!plan_find(plan, PAGE_SIZE, PAGE_SIZE, 0, 0, &found));
}

TEST("reserved memory, files and placements are not free")
{
	begin();
	/* reserved [1 MiB, 2 MiB), kernel's file at 2 MiB + 100, module at 2.5, placed at 3 MiB */
	world.machine.reserved[1] = (struct phys_range){ MIB, 2 * MIB };
	world.machine.reserved_count = 2;
	expect_found(PAGE_SIZE, PAGE_SIZE, 0, 2 * MIB);
	lay_file(&world.config.kernel, (struct span){ elf_bytes, 5000 }, 2 * MIB + 100);
	expect_found(PAGE_SIZE, PAGE_SIZE, 0, 2 * MIB + 2 * PAGE_SIZE);
	add_module("m", "", (struct span){ elf_bytes, 5000 }, 2 * MIB + 512 * KIB);
	expect_found(600 * KIB, PAGE_SIZE, 0, 2 * MIB + 512 * KIB + 2 * PAGE_SIZE);
	EXPECT(plan_add(plan, (struct placement){ .use = USE_STACK,
	                                          .phys = { 3 * MIB, 3 * MIB + 0x800 } }));
	expect_found(600 * KIB, PAGE_SIZE, 0, 3 * MIB + PAGE_SIZE);
}

TEST("memory that is only mapped somewhere is still free")
{
	begin();
	EXPECT(plan_add(plan, (struct placement){ .use = USE_DIRECT_MAP, .phys = { 0, 4 * GIB } }));
	expect_found(PAGE_SIZE, PAGE_SIZE, 0, MIB);
}

TEST("a plan that is full takes no more, and says so")
{
	begin();
	for (unsigned i = 0; i < PLAN_MAX_PLACEMENTS; i++)
		EXPECT(plan_add(plan, (struct placement){ .use = USE_STACK }));
	EXPECT(!plan_add(plan, (struct placement){ .use = USE_STACK }));
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_TOO_MANY_PIECES);
}

/* Maps `size` bytes at a virtual address. */
static void take_virtual(uint64_t virt, uint64_t size)
{
	EXPECT(plan_add(plan, (struct placement){ .use = USE_IDENTITY,
	                                          .phys = { 0, size },
	                                          .virt = { virt },
	                                          .rights = RIGHT_READ }));
}

TEST("windows have free pages before and behind them")
{
	uint64_t first, second;

	begin();
	EXPECT(plan_window(plan, 5000, PAGE_SIZE, 0, &first));
	EXPECT(plan_window(plan, PAGE_SIZE, PAGE_SIZE, 0, &second));
	EXPECT_EQUAL(first % PAGE_SIZE, 0);
	EXPECT(second >= page_up(first + 5000) + PAGE_SIZE);
}

TEST("a window lies as its memory does, modulo the page size that it is for")
{
	uint64_t at;

	begin();
	EXPECT(plan_window(plan, PAGE_SIZE, 2 * MIB, 0xfd012000, &at));
	EXPECT_EQUAL(at % (2 * MIB), 0x12000);
}

TEST("windows keep away from what is mapped")
{
	uint64_t at;

	begin();
	take_virtual(UINT64_C(0xffffa00000000000), SLOT + PAGE_SIZE);
	EXPECT(plan_window(plan, PAGE_SIZE, PAGE_SIZE, 0, &at));
	EXPECT(at >= UINT64_C(0xffffa00000000000) + 2 * SLOT);
}

TEST("virtual addresses are found in the higher half, then in the lower, then not at all")
{
	uint64_t first = UINT64_C(0xffff900000000000), at;

	begin();
	EXPECT(plan_find_virtual(plan, 3 * SLOT, first, &at));
	EXPECT_EQUAL(at, first);
	take_virtual(first + SLOT, PAGE_SIZE);
	EXPECT(plan_find_virtual(plan, 3 * SLOT, first, &at));
	EXPECT_EQUAL(at, first + 2 * SLOT);
	take_virtual(UINT64_C(0xffff800000000000), 256 * SLOT - 2 * PAGE_SIZE);
	EXPECT(plan_find_virtual(plan, 3 * SLOT, first, &at));
	EXPECT_EQUAL(at, SLOT);
	take_virtual(PAGE_SIZE, 256 * SLOT - PAGE_SIZE);
	EXPECT(!plan_find_virtual(plan, SLOT, first, &at));
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_MAP_NO_ROOM);
}

TEST("addresses in use are not free, and the message names what uses them")
{
	begin();
	take_virtual(0x400000, 0x800);
	EXPECT(plan_virtual_is_free(plan, (struct virt_range){ 0x401000, 0x500000 }, "x"));
	EXPECT(plan_virtual_is_free(plan, (struct virt_range){ 0x3ff000, 0x400000 }, "x"));
	EXPECT(!plan_virtual_is_free(plan, (struct virt_range){ 0x3ff000, 0x400001 }, "x"));
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_MAP_COLLIDES);
	EXPECT_PART(world.report.findings[0].detail, "identity map: 0x400000-0x400800");
	EXPECT(!plan_virtual_is_free(plan, (struct virt_range){ 0x400800, 0x401000 }, "x"));
}

TEST("the direct map reaches 4 GiB, or the end of RAM beyond")
{
	begin();
	EXPECT_EQUAL(plan_direct_map_size(plan), 4 * GIB);
	add_firmware(5 * GIB, 7 * GIB, 1);
	add_firmware(9 * GIB, 10 * GIB, 2);
	EXPECT(memory_read(&world.boot.memory, &world.machine, world.scratch, &world.report));
	EXPECT_EQUAL(plan_direct_map_size(plan), 7 * GIB);
	EXPECT(plan_direct_map(plan, UINT64_C(0xffff900000000000), RIGHT_READ));
	EXPECT_EQUAL(plan->count, 2);
	EXPECT_EQUAL(plan->placements[1].phys.begin, 5 * GIB);
	EXPECT_EQUAL(plan->placements[1].phys.end, 7 * GIB);
}

TEST("of RAM that begins within reach and ends beyond, the part within is used")
{
	uint64_t reach = LOWER_END - SLOT; /* what a direct map beside the kernel can show */
	struct phys_range found;

	begin();
	add_firmware(reach - GIB, reach + GIB, 1);
	add_firmware(LOWER_END, LOWER_END + 8 * GIB, 1);
	EXPECT(memory_read(&world.boot.memory, &world.machine, world.scratch, &world.report));
	EXPECT_EQUAL(plan_direct_map_size(plan), reach);
	EXPECT(plan_direct_map(plan, UINT64_C(0xffff800000000000), RIGHT_READ));
	EXPECT_EQUAL(plan->count, 2);
	EXPECT(plan->placements[1].phys.begin == reach - GIB
	       && plan->placements[1].phys.end == reach);
	expect_found(GIB, PAGE_SIZE, 0, reach - GIB);
	EXPECT(!plan_find(plan, GIB + PAGE_SIZE, PAGE_SIZE, 0, UINT64_MAX, &found));
	EXPECT_EQUAL(plan_try(plan, (struct phys_range){ LOWER_END, LOWER_END + GIB }, false),
	             NOWHERE);
	world.machine.cpu.physical_bits = 36;
	EXPECT(!plan_find(plan, GIB, PAGE_SIZE, 0, UINT64_MAX, &found));
	EXPECT_EQUAL(plan_identity_limit(plan), 64 * GIB);
	world.machine.cpu.physical_bits = 1; /* what no CPU has */
	EXPECT_EQUAL(plan_identity_limit(plan), 4 * GIB);
}

TEST("scratch memory is placed in whole pages, zeroed, or refused")
{
	struct placement *placement;
	uint8_t *bytes;

	begin();
	EXPECT(plan_scratch(plan, USE_BOOT_INFO, 2 * PAGE_SIZE, &bytes, &placement));
	EXPECT_EQUAL(placement->phys.begin, physical(&world.machine, bytes));
	EXPECT_EQUAL(placement->phys.end - placement->phys.begin, 2 * PAGE_SIZE);
	EXPECT(bytes[0] == 0 && bytes[2 * PAGE_SIZE - 1] == 0);
	EXPECT(!plan_scratch(plan, USE_BOOT_INFO, 2 * MIB, &bytes, &placement));
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_MEMORY_LOADER);
	EXPECT_PART(world.report.findings[0].detail, "boot information takes 2048 KiB");
}

TEST("every use has its own words")
{
	for (unsigned a = 0; a < USES; a++) {
		for (unsigned b = 0; b < a; b++)
			EXPECT(strcmp(use_name((enum use)a), use_name((enum use)b)) != 0);
	}
}

/* Reads a kernel with two segments, linked at `base`, into an empty plan. */
static void begin_kernel(unsigned type, uint64_t base)
{
	begin();
	begin_elf(type);
	add_segment(RX, base, 3000, 3000);
	add_segment(RW, base + PAGE_SIZE, 3000, 3 * PAGE_SIZE);
	elf_head->entry = base;
	lay_file(&world.config.kernel, elf_file(), 8 * MIB);
	EXPECT(kernel_read(&world.boot.kernel, world.config.kernel.bytes, 48, &world.report));
}

/* The kernel must run at `at`. */
static void expect_kernel_at(const struct placement_policy *policy, uint64_t at)
{
	EXPECT(plan_kernel(plan, policy));
	EXPECT_EQUAL(plan->placements[0].virt.at, at);
	EXPECT_EQUAL(plan->placements[1].virt.at, at + PAGE_SIZE);
	EXPECT_EQUAL(plan->slide, at - world.boot.kernel.virt.begin);
}

TEST("a kernel is slid by just what the policy says, if the CPU has these addresses")
{
	const uint64_t at = UINT64_C(0xffff912345678000);

	begin_kernel(ELF_TYPE_DYN, PAGE_SIZE);
	expect_kernel_at(&(struct placement_policy){ .base = BASE_FIXED, .address = at },
	                 at + PAGE_SIZE);
	begin_kernel(ELF_TYPE_DYN, PAGE_SIZE);
	EXPECT(!plan_kernel(plan, &(struct placement_policy){ .base = BASE_FIXED,
	                                                      .address = LOWER_END - PAGE_SIZE }));
	EXPECT_PART(world.report.findings[0].detail, "the kernel: 0x800000000000-");
}

TEST("a kernel goes to the first level 4 entry that is free, wherever it is linked")
{
	static const uint64_t linked[] = { PAGE_SIZE, 4 * MIB, UINT64_C(0xffffffff80000000) };

	for (unsigned i = 0; i < COUNT(linked); i++) {
		struct entries entries = { { 0 } };
		struct placement_policy policy = { .base = BASE_ENTRY, .entries = &entries };
		uint64_t next;

		entries_take(&entries, 0, 4 * SLOT - 1);
		begin_kernel(ELF_TYPE_DYN, linked[i]);
		expect_kernel_at(&policy, 4 * SLOT);
		EXPECT(entries_find(&entries, 1, &next));
		EXPECT_EQUAL(next, 5 * SLOT);
	}
}

TEST("a kernel that is not position-independent runs where it is linked, whatever the policy")
{
	struct entries entries = { { 0 } };

	begin_kernel(ELF_TYPE_EXEC, 4 * MIB);
	expect_kernel_at(&(struct placement_policy){ .base = BASE_ENTRY,
	                                             .random = true,
	                                             .entries = &entries },
	                 4 * MIB);
	begin_kernel(ELF_TYPE_EXEC, 4 * MIB);
	expect_kernel_at(&(struct placement_policy){ .base = BASE_FIXED, .address = SLOT },
	                 4 * MIB);
}

TEST("a kernel at random is in an entry that is free, at a multiple of its alignment")
{
	static const uint64_t randoms[] = { 0, 1, UINT64_MAX, UINT64_C(0x8000000080000000),
		                            UINT64_C(0x123456789abcdef0) };

	for (unsigned i = 0; i < COUNT(randoms); i++) {
		struct entries entries = { { 0 } };
		uint64_t at;

		entries_take(&entries, 0, LOWER_END - 2 * SLOT - 1);
		entries_take(&entries, UINT64_C(0xffff800000000000), UINT64_MAX);
		begin_kernel(ELF_TYPE_DYN, PAGE_SIZE);
		world.machine.random = randoms[i];
		EXPECT(plan_kernel(plan, &(struct placement_policy){ .base = BASE_ENTRY,
		                                                     .random = true,
		                                                     .entries = &entries }));
		at = plan->placements[0].virt.at;
		EXPECT(at >= LOWER_END - 2 * SLOT && at + 4 * PAGE_SIZE <= LOWER_END);
		EXPECT_EQUAL(at % (2 * MIB), 0);
		EXPECT_EQUAL(at >= LOWER_END - SLOT, randoms[i] >> 32 & 1);
	}
}

TEST("a kernel without a free entry is refused")
{
	struct entries entries = { { 0 } };

	entries_take(&entries, 0, UINT64_MAX);
	begin_kernel(ELF_TYPE_DYN, PAGE_SIZE);
	EXPECT(!plan_kernel(plan,
	                    &(struct placement_policy){ .base = BASE_ENTRY, .entries = &entries }));
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_MAP_NO_ROOM);
}

TEST("memory is looked for where the policy begins, and below if there is none")
{
	struct placement_policy policy = { .lowest_memory = 10 * MIB };

	begin_kernel(ELF_TYPE_EXEC, 4 * MIB);
	EXPECT(plan_kernel(plan, &policy));
	EXPECT_EQUAL(plan->placements[0].phys.begin, 10 * MIB);
	expect_found(MIB, PAGE_SIZE, 0, 10 * MIB + 4 * PAGE_SIZE);
	expect_found(5 * MIB, PAGE_SIZE, 0, MIB);
}

TEST("entries in a row are in one half of the address space")
{
	struct entries entries = { { 0 } };
	uint64_t at;

	entries_take(&entries, 0, LOWER_END - 2 * SLOT - 1);
	EXPECT(entries_find(&entries, 3, &at));
	EXPECT_EQUAL(at, UINT64_C(0xffff800000000000));
	EXPECT(entries_find(&entries, 2, &at));
	EXPECT_EQUAL(at, LOWER_END - 2 * SLOT);
	EXPECT(entries_find(&entries, 253, &at));
	EXPECT_EQUAL(at, UINT64_C(0xffff818000000000));
	EXPECT(!entries_find(&entries, 1, &at));
	EXPECT(!entries_find_random(&entries, 1, 7, &at));
}

TEST("the page tables are seen through an entry only if nothing else is mapped there")
{
	begin();
	take_virtual(4 * SLOT + MIB, PAGE_SIZE);
	EXPECT(plan_tables_window(plan, 5 * SLOT, RIGHT_READ, "the tables"));
	EXPECT(!plan_tables_window(plan, 4 * SLOT, RIGHT_READ, "the tables"));
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_MAP_COLLIDES);
	EXPECT(!plan_virtual_is_free(plan, (struct virt_range){ 5 * SLOT, 5 * SLOT + 1 }, "x"));
	EXPECT_PART(world.report.findings[1].detail, use_name(USE_TABLES_WINDOW));
	EXPECT(plan_tables_window(plan, -SLOT, RIGHT_READ, "the last entry"));
	EXPECT(!plan_virtual_is_free(plan, (struct virt_range){ -GIB, -MIB }, "x"));
}
