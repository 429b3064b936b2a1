/* SPDX-License-Identifier: MIT */
/*
 * boot_random.c - whole boots of random kernels in random machines, with every promise checked
 * (promises.h). The numbers are the same in every run; a round that fails can be repeated alone.
 */
#include "promises.h"

#define ROUNDS 80

static uint64_t seed;

/* One of `count` numbers. */
static uint64_t below(uint64_t count)
{
	return check_below(&seed, count);
}

/* Memory in pieces, all of them below 8 MiB except the last, which has files and scratch memory. */
static void random_world(void)
{
	uint64_t at = MIB;

	begin_world(12 * MIB);
	world.machine.firmware_count = 0;
	while (at < 7 * MIB) {
		uint64_t size = (1 + below(200)) * PAGE_SIZE;

		add_firmware(at, at + size, below(4) == 0 ? 2 + (uint32_t)below(4) : 1);
		at += size + below(3) * 0x800;
	}
	add_firmware(page_up(at), 12 * MIB, 1);
	world.machine.cpu.gib_pages = below(2) != 0;
	world.machine.random = check_random(&seed);
}

/* Segments one after the other, with gaps, in shared pages where the rights allow it, added to the
 * file in any order. */
static void random_segments(uint64_t base)
{
	static const uint32_t kinds[] = { RX, RO, RW, 7 };
	struct {
		uint64_t at, size, filesz;
		uint32_t flags;
	} list[12];
	unsigned count = 1 + (unsigned)below(COUNT(list));
	uint64_t at = base + below(2) * below(PAGE_SIZE);

	for (unsigned i = 0; i < count; i++) {
		list[i].flags = i == 0 ? RX : kinds[below(4)];
		if (i > 0 && list[i].flags != list[i - 1].flags)
			at = page_up(at);
		list[i].at = at;
		list[i].size = 1 + below(below(3) == 0 ? 300000 : 3000);
		list[i].filesz = below(3) == 0 ? below(list[i].size + 1) : list[i].size;
		at += list[i].size + (below(4) == 0 ? below(100 * PAGE_SIZE) : below(100));
	}
	elf_head->entry = list[0].at;
	for (; count > 0; count--) {
		uint64_t i = below(count);

		add_segment(list[i].flags, list[i].at, list[i].filesz, list[i].size);
		list[i] = list[count - 1];
	}
}

/* Gives the kernel a data segment after all others, with relocations of both kinds, each of a
 * different word, and with a part that becomes read-only. */
static void random_relocations(uint64_t data)
{
	static struct elf_rela rela[40];
	static uint64_t relr[8];
	struct elf_dynamic dynamic[] = { { ELF_DT_RELA, data },
		                         { ELF_DT_RELASZ, sizeof(rela) },
		                         { ELF_DT_RELR, data + 0x800 },
		                         { ELF_DT_RELRSZ, sizeof(relr) } };

	add_segment(RW, data, 3 * PAGE_SIZE, 5 * PAGE_SIZE);
	for (unsigned i = 0; i < COUNT(rela); i++)
		rela[i] = (struct elf_rela){ data + 3 * PAGE_SIZE + i * 0x40 + below(7) * 8,
			                     below(5) == 0 ? ELF_R_X86_64_NONE
			                                   : ELF_R_X86_64_RELATIVE,
			                     check_random(&seed) };
	for (unsigned i = 0; i < COUNT(relr); i += 2) {
		relr[i] = data + PAGE_SIZE + i * 0x400;
		relr[i + 1] = check_random(&seed) | 1;
	}
	memcpy(elf_at(data), rela, sizeof(rela));
	memcpy(elf_at(data + 0x800), relr, sizeof(relr));
	put_dynamic(data + 0xc00, dynamic, COUNT(dynamic));
	if (below(2) == 0)
		add_program(ELF_PT_GNU_RELRO, RO, 0, data, 0, (1 + below(3)) * PAGE_SIZE);
}

/* Where files lie: at a page, or not. */
static uint64_t random_place(uint64_t at)
{
	return at + (below(2) == 0 ? below(PAGE_SIZE) : 0);
}

/* Boots what was built, with its file and up to three modules above 8 MiB. */
static void boot_it(void)
{
	static uint8_t content[40000];
	uint64_t file_at = random_place(8 * MIB);
	uint64_t at = page_up(file_at + elf_size);

	for (uint64_t i = below(4); i > 0; i--) {
		uint64_t size = below(sizeof(content));

		for (uint64_t j = 0; j < size; j++)
			content[j] = (uint8_t)check_random(&seed);
		at = random_place(page_up(at));
		EXPECT(at + size < world.scratch_range.begin);
		add_module("module", "words", (struct span){ content, size }, at);
		at = page_up(at + size);
	}
	expect_boot(file_at);
}

TEST("random kernels at fixed addresses boot in random machines")
{
	static const uint64_t bases[] = { MIB, 0x400000, UINT64_C(0xffff800000000000),
		                          UINT64_C(0xffffffff80000000), UINT64_C(0x123456789000) };

	for (unsigned round = 0; round < ROUNDS; round++) {
		seed = 1000 + round;
		random_world();
		begin_elf(ELF_TYPE_EXEC);
		random_segments(bases[below(COUNT(bases))]);
		boot_it();
	}
}

TEST("random position-independent kernels boot in random machines, relocated")
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		seed = 2000 + round;
		random_world();
		begin_elf(ELF_TYPE_DYN);
		random_segments(below(2) * GIB);
		random_relocations(page_up(elf_programs[0].vaddr) + 64 * MIB);
		world.config.options.kaslr = below(2) != 0;
		boot_it();
	}
}

TEST("random kernels boot with every option")
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct options *options;

		seed = 3000 + round;
		random_world();
		options = &world.config.options;
		options->paging_levels = 4 + (unsigned)below(2);
		options->stack_size = (1 + below(40)) * PAGE_SIZE;
		options->stack_at = below(2) * UINT64_C(0xffffb12345678000);
		options->direct_map = below(2) * UINT64_C(0xffffc08000000000);
		options->identity = below(2) * (1 + below(5 * GIB / PAGE_SIZE)) * PAGE_SIZE;
		options->kernel_file = below(2) != 0;
		options->smp = below(2) != 0;
		if (below(2) != 0)
			set_processors(1 + (unsigned)below(8), 0);
		begin_elf(ELF_TYPE_EXEC);
		random_segments(UINT64_C(0xffffffff80000000));
		boot_it();
	}
}
