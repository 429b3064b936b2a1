/* SPDX-License-Identifier: MIT */
/*
 * boot.c - whole boots in a simulated machine (world.h): planned by the core, carried out by the
 * resident part's code, and then looked at as the kernel would (promises.h).
 */
#include "promises.h"

#define HIGHER_HALF UINT64_C(0xffff800000000000)
#define TOP_2_GIB   UINT64_C(0xffffffff80000000)

/* A kernel with code, constants, and data with zeroes after it, from `base` on. */
static void begin_kernel(unsigned type, uint64_t base)
{
	begin_elf(type);
	add_segment(RX, base, 6000, 6000);
	add_segment(RO, base + 2 * PAGE_SIZE, 3000, 3000);
	add_segment(RW, base + 3 * PAGE_SIZE, 5000, 20000);
	elf_head->entry = base + 16;
}

/* A module's bytes. */
static struct span module_bytes(uint64_t size)
{
	static uint8_t bytes[MIB];

	EXPECT(size <= sizeof(bytes));
	for (uint64_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 13 + size);
	return (struct span){ bytes, size };
}

/* --- where kernels are linked --- */

TEST("the smallest kernel boots")
{
	begin_world(16 * MIB);
	begin_small_elf();
	expect_boot(2 * MIB);
}

/* Where a gate leads, if it is one. */
static uint64_t gate_offset(const struct gate *gate)
{
	return gate->type != DESCRIPTOR_TYPE_INTERRUPT
	             ? 0
	             : (uint64_t)gate->offset_high << 32 | (uint64_t)gate->offset_middle << 16
	                       | gate->offset_low;
}

TEST("the early IDT has gates in either form, and none overlaps another")
{
	static const uint8_t wide[EARLY_GATES] = {
		[VECTOR_NMI] = 1,        [VECTOR_OPCODE] = 1, [VECTOR_DOUBLE] = 1,
		[VECTOR_PROTECTION] = 1, [VECTOR_PAGE] = 1,   [VECTOR_MACHINE] = 1,
	};
	const struct resident_early *early;
	const struct gate32 *gate32;

	begin_world(16 * MIB);
	begin_small_elf();
	expect_boot(2 * MIB);
	early = (const void *)(world.memory + world.boot.plan.resident + PAGE_SIZE);
	gate32 = &early->gates.protected_mode[VECTOR_NMI];
	EXPECT_EQUAL(early->limit, 16 * EARLY_GATES - 1);
	EXPECT_EQUAL(early->base[0] | (uint32_t)early->base[1] << 16,
	             world.boot.plan.resident + PAGE_SIZE + 16);
	EXPECT_EQUAL(gate32->type, DESCRIPTOR_TYPE_INTERRUPT);
	EXPECT_EQUAL(gate32->offset_low | (uint32_t)gate32->offset_high << 16,
	             world.boot.plan.resident + 0xc0);
	EXPECT_EQUAL(early->gates.real_mode[VECTOR_NMI], 0);
	for (unsigned i = 0; i < EARLY_GATES; i++) {
		uint64_t to = i == VECTOR_NMI ? 0x80 : 0x200 + STUB_SIZE * i;

		if (i != VECTOR_NMI / 2) /* where the 32-bit one is */
			EXPECT_EQUAL(gate_offset(&early->gates.long_mode[i]),
			             wide[i] ? world.boot.plan.resident + to : 0);
	}
}

TEST("a kernel boots wherever it is linked")
{
	static const uint64_t bases[] = {
		0x1000,
		0x8000,
		MIB,
		4 * MIB,
		0x40000000,
		5 * GIB,
		UINT64_C(0x00007fffffff0000) - 6 * PAGE_SIZE,
		HIGHER_HALF,
		UINT64_C(0xffff900000000000), /* where the direct map would be */
		UINT64_C(0xffffa00000000000), /* where the windows would be */
		TOP_2_GIB,
		UINT64_C(0xfffffffffffe0000),
	};

	for (unsigned i = 0; i < COUNT(bases); i++) {
		begin_world(16 * MIB);
		begin_kernel(ELF_TYPE_EXEC, bases[i]);
		expect_boot(2 * MIB);
	}
}

TEST("a kernel linked over the VGA window boots, with a warning")
{
	begin_world(16 * MIB);
	begin_kernel(ELF_TYPE_EXEC, 0xb0000);
	expect_boot(2 * MIB);
	EXPECT_EQUAL(world.report.count, 1);
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_VGA_WINDOW_TAKEN);
	EXPECT(view_at(&view, 0xa0000) != NULL);
}

TEST("segments that are terabytes apart boot")
{
	begin_world(16 * MIB);
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RX, 0x400000, 5000, 5000);
	add_segment(RW, 0x700000000000, 100, 9000);
	add_segment(RO, HIGHER_HALF + 0x123456789000, 4096, 4096);
	add_segment(RW, TOP_2_GIB + 0x800, 100, 100);
	elf_head->entry = 0x400000;
	expect_boot(2 * MIB);
	EXPECT_EQUAL(world.boot.plan.kernel_physical, 0);
}

TEST("segments that share pages boot, none destroying the other's bytes")
{
	begin_world(16 * MIB);
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RW, MIB + 0x123, 0x700, 0x700);
	add_segment(RW, MIB + 0x900, 0x10, 0x20);
	add_segment(RW, MIB + 0xf00, 0x80, 0x2000);
	add_segment(RW, MIB + 0x2f08, 0x300, 0x300);
	add_segment(RX, MIB + 0x4000, 16, 16);
	elf_head->entry = MIB + 0x4000;
	expect_boot(2 * MIB);
	EXPECT_EQUAL(boot_info()->segment_count, 4);
}

TEST("as many segments as there may be boot")
{
	begin_world(16 * MIB);
	begin_elf(ELF_TYPE_EXEC);
	for (unsigned i = 0; i < KERNEL_MAX_PHDRS; i++)
		add_segment(i % 2 ? RX : RW, 4 * MIB + i * PAGE_SIZE + i, 50 + i, 50 + i);
	elf_head->entry = 4 * MIB + PAGE_SIZE + 1;
	expect_boot(2 * MIB);
}

TEST("a kernel whose segment may be written and executed gets just that")
{
	begin_world(16 * MIB);
	begin_elf(ELF_TYPE_EXEC);
	add_segment(7, MIB, 100, 100);
	elf_head->entry = MIB;
	expect_boot(2 * MIB);
}

/* --- where it lies --- */

TEST("the kernel lies as one piece, as far from its addresses everywhere")
{
	begin_world(16 * MIB);
	begin_kernel(ELF_TYPE_EXEC, TOP_2_GIB);
	expect_boot(2 * MIB);
	EXPECT(world.boot.plan.kernel_physical != 0);
	EXPECT_EQUAL(boot_info()->kernel_physical, world.boot.plan.kernel_physical);
}

TEST("a kernel of 2 MiB or more is mapped with large pages")
{
	unsigned large = 0;

	begin_world(32 * MIB);
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RX, TOP_2_GIB, 0x1000, 4 * MIB);
	elf_head->entry = TOP_2_GIB;
	expect_boot(16 * MIB);
	for (uint64_t at = 0; at < 4 * MIB; at += 2 * MIB) {
		const uint8_t *page = look_at(TOP_2_GIB + at, 1, RIGHT_READ | RIGHT_EXECUTE);

		large += physical(&world.machine, page) % (2 * MIB) == 0;
	}
	EXPECT_EQUAL(large, 2);
}

/* A kernel with one large segment, page-aligned in the file. */
static void begin_large_kernel(void)
{
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RX, TOP_2_GIB, 300 * KIB, 300 * KIB);
	add_segment(RW, TOP_2_GIB + 300 * KIB, 5000, 200 * KIB);
	elf_head->entry = TOP_2_GIB;
}

TEST("a large kernel stays where its file was read to")
{
	begin_world(16 * MIB);
	begin_large_kernel();
	expect_boot(3 * MIB);
	EXPECT_EQUAL(world.boot.plan.kernel_physical, 3 * MIB + elf_programs[0].offset);
	EXPECT_EQUAL(world.boot.plan.copy_count, 0);
}

TEST("a large kernel is moved if its file does not lie at a page")
{
	begin_world(16 * MIB);
	begin_large_kernel();
	expect_boot(3 * MIB + 8);
	EXPECT(world.boot.plan.kernel_physical != 3 * MIB + 8 + elf_programs[0].offset);
	EXPECT_EQUAL(world.boot.plan.copy_count, 2);
}

TEST("a large kernel is moved if it does not fit where its file was read to")
{
	begin_world(16 * MIB);
	begin_large_kernel();
	elf_programs[1].memsz = 2 * MIB;
	add_module("in the way", "", module_bytes(5000), 4 * MIB);
	expect_boot(3 * MIB);
	EXPECT(world.boot.plan.kernel_physical != 3 * MIB + elf_programs[0].offset);
}

TEST("with -kernelfile the file is left whole, and handed over")
{
	const struct longjump_boot_info *info;

	begin_world(16 * MIB);
	begin_large_kernel();
	world.config.options.kernel_file = true;
	expect_boot(3 * MIB);
	info = boot_info();
	EXPECT_EQUAL(info->kernel_file_size, elf_size);
	EXPECT(memcmp(look_at(info->kernel_file, elf_size, RIGHT_READ | RIGHT_WRITE), elf_bytes,
	              (size_t)elf_size)
	       == 0);
}

TEST("a kernel of 1 GiB or more lies where pages of 1 GiB can map it, if the CPU has them")
{
	for (unsigned has = 0; has < 2; has++) {
		begin_world(16 * MIB);
		add_firmware(16 * MIB, 6 * GIB, 1); /* planned with, and never written to */
		world.machine.cpu.gib_pages = has != 0;
		begin_elf(ELF_TYPE_EXEC);
		add_segment(RX, TOP_2_GIB + 0x5000, 100, 5 * GIB / 4);
		elf_head->entry = TOP_2_GIB + 0x5000;
		lay_file(&world.config.kernel, elf_file(), 2 * MIB);
		expect_plan();
		EXPECT_EQUAL(world.boot.plan.kernel_physical % (has != 0 ? GIB : 2 * MIB), 0x5000);
	}
	EXPECT(world.boot.plan.kernel_physical > GIB);
}

TEST("a kernel that no hole in memory has room for is placed apart")
{
	/* the kernel takes two pieces of 1 MiB, 1 MiB apart
	 * RAM [1 MiB, 2 MiB + 64 KiB), [5 MiB, 7 MiB), scratch at 15 MiB */
	begin_world(16 * MIB);
	world.machine.firmware_count = 0;
	add_firmware(MIB, 2 * MIB + 64 * KIB, 1);
	add_firmware(5 * MIB, 7 * MIB, 1);
	add_firmware(15 * MIB, 16 * MIB, 1);
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RX, TOP_2_GIB, 5000, MIB);
	add_segment(RW, TOP_2_GIB + 2 * MIB, 5000, MIB);
	elf_head->entry = TOP_2_GIB;
	expect_boot(6 * MIB + 512 * KIB);
	EXPECT_EQUAL(boot_info()->kernel_physical, 0);
}

TEST("a position-independent kernel that is placed apart is relocated where it lies")
{
	struct elf_rela rela = { 2 * MIB + 0x40, ELF_R_X86_64_RELATIVE, 0x1234 };
	struct elf_dynamic dynamic[] = { { ELF_DT_RELA, 2 * MIB + 0x100 },
		                         { ELF_DT_RELASZ, sizeof(rela) } };

	begin_world(16 * MIB);
	world.machine.firmware_count = 0;
	add_firmware(MIB, 2 * MIB + 64 * KIB, 1);
	add_firmware(5 * MIB, 7 * MIB, 1);
	add_firmware(15 * MIB, 16 * MIB, 1);
	begin_elf(ELF_TYPE_DYN);
	add_segment(RX, 0, 5000, MIB);
	add_segment(RW, 2 * MIB, 5000, MIB);
	memcpy(elf_at(rela.offset + 0xc0), &rela, sizeof(rela));
	put_dynamic(2 * MIB + 0x200, dynamic, COUNT(dynamic));
	expect_boot(6 * MIB + 512 * KIB);
	EXPECT_EQUAL(boot_info()->kernel_physical, 0);
}

TEST("a large segment does not stay where it was read if that puts another below 1 MiB")
{
	begin_world(16 * MIB);
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RX, TOP_2_GIB, 5000, 5000);
	add_segment(RW, TOP_2_GIB + 2 * MIB, 128 * KIB, MIB);
	elf_head->entry = TOP_2_GIB;
	expect_boot(2 * MIB);
	EXPECT(boot_info()->kernel_physical >= MIB);
}

/* --- position-independent kernels --- */

#define SYMBOL(number) (UINT64_C(number) << 32)

/* A static PIE with all kinds of relocations, linked at `base`. */
static void begin_pie(uint64_t base)
{
	uint64_t data = base + 3 * PAGE_SIZE;
	struct elf_rela rela[] = {
		{ data + 0x10, ELF_R_X86_64_RELATIVE, base + 16 },
		{ data + 0x18, ELF_R_X86_64_NONE, 7 },
		{ data + 0x80, SYMBOL(1) | ELF_R_X86_64_64, 3 },
		{ data + 0x88, SYMBOL(2) | ELF_R_X86_64_64, 7 },
		{ data + 0x90, SYMBOL(2) | ELF_R_X86_64_GLOB_DAT, 0 },
		{ data + 0x4000, ELF_R_X86_64_RELATIVE, data },
		{ data + 0x98, SYMBOL(3) | ELF_R_X86_64_64, 1 },
	};
	struct elf_rela plt[] = { { data + 0xa0, SYMBOL(1) | ELF_R_X86_64_JUMP_SLOT, 0 },
		                  { data + 0xa8, ELF_R_X86_64_RELATIVE, data },
		                  { data + 0xb0, SYMBOL(2) | ELF_R_X86_64_JUMP_SLOT, 0 } };
	struct elf_symbol symbols[] = {
		{ .shndx = 0 },
		{ .info = 1 << 4, .shndx = 1, .value = base + 32 },
		{ .info = ELF_STB_WEAK << 4, .value = 99 },
		{ .info = 1 << 4, .shndx = ELF_SHN_ABS, .value = 0x1234 },
	};
	uint64_t relr[] = { data + 0x20, 1 | 2 | 8, data + 0xff8, 3 };
	struct elf_dynamic dynamic[] = {
		{ ELF_DT_RELA, data + 0x400 },   { ELF_DT_RELASZ, sizeof(rela) },
		{ ELF_DT_JMPREL, data + 0x500 }, { ELF_DT_PLTRELSZ, sizeof(plt) },
		{ ELF_DT_PLTREL, ELF_DT_RELA },  { ELF_DT_SYMTAB, data + 0x600 },
		{ ELF_DT_RELR, data + 0x700 },   { ELF_DT_RELRSZ, sizeof(relr) }
	};

	begin_kernel(ELF_TYPE_DYN, base);
	memcpy(elf_at(data + 0x400), rela, sizeof(rela));
	memcpy(elf_at(data + 0x500), plt, sizeof(plt));
	memcpy(elf_at(data + 0x600), symbols, sizeof(symbols));
	memcpy(elf_at(data + 0x700), relr, sizeof(relr));
	put_dynamic(data + 0x800, dynamic, COUNT(dynamic));
}

/* The word that the running kernel finds at an address. */
static uint64_t word_at(uint64_t address)
{
	uint64_t word;

	memcpy(&word, look_at(address, sizeof(word), RIGHT_READ | RIGHT_WRITE), sizeof(word));
	return word;
}

TEST("words are relocated by the kernel's own symbols, wherever it runs")
{
	static const uint64_t bases[] = { 0, HIGHER_HALF + GIB };

	for (unsigned i = 0; i < COUNT(bases); i++) {
		uint64_t begin = i == 0 ? TOP_2_GIB : bases[i];
		uint64_t data = begin + 3 * PAGE_SIZE;

		begin_world(16 * MIB);
		begin_pie(bases[i]);
		expect_boot(2 * MIB);
		EXPECT_EQUAL(word_at(data + 0x80), begin + 32 + 3); /* 64: S + A */
		EXPECT_EQUAL(word_at(data + 0xa0), begin + 32);     /* JUMP_SLOT: S */
		EXPECT_EQUAL(word_at(data + 0x98), 0x1235);         /* absolute: not moved */
		EXPECT_EQUAL(word_at(data + 0x88), 7);              /* weak, undefined: 0 + A */
		EXPECT_EQUAL(word_at(data + 0x90), 0);
		EXPECT_EQUAL(word_at(data + 0xb0), 0);
		EXPECT_EQUAL(word_at(data + 0xa8), data); /* RELATIVE in DT_JMPREL */
	}
}

TEST("more relocated words than the loader has memory for are refused")
{
	static struct elf_rela rela[4000];
	struct elf_dynamic dynamic[] = { { ELF_DT_RELA, 2 * MIB + 0x1000 },
		                         { ELF_DT_RELASZ, sizeof(rela) } };
	uint64_t begin = 15 * MIB, used;

	begin_world(16 * MIB);
	set_scratch(begin, 16 * MIB);
	begin_elf(ELF_TYPE_DYN);
	add_segment(RX, 0, 5000, 5000);
	add_segment(RW, 2 * MIB, 0x1000 + sizeof(rela), 4 * MIB);
	for (unsigned i = 0; i < COUNT(rela); i++)
		rela[i] = (struct elf_rela){ 2 * MIB + 8 * (i % 10), ELF_R_X86_64_64, i };
	memcpy(elf_at(2 * MIB + 0x1000), rela, sizeof(rela));
	put_dynamic(2 * MIB + 0x200, dynamic, COUNT(dynamic));
	expect_boot(2 * MIB);
	EXPECT_EQUAL(world.boot.launch->word_count, 4000);
	EXPECT_EQUAL(word_at(TOP_2_GIB + 2 * MIB + 8 * 9), 3999);
	used = (uint64_t)(world.scratch.at - world.memory) - begin;
	set_scratch(begin, begin + page_down(used - 1));
	expect_refusal(DIAG_MEMORY_LOADER, "4000 relocated words do not fit");
}

TEST("a position-independent kernel linked at 0 runs in the top 2 GiB, relocated")
{
	begin_world(16 * MIB);
	begin_pie(0);
	expect_boot(2 * MIB);
	EXPECT_EQUAL(boot_info()->kernel_begin, TOP_2_GIB);
	EXPECT_EQUAL(boot_info()->kernel_slide, TOP_2_GIB);
}

TEST("a position-independent kernel linked elsewhere runs where it is linked")
{
	begin_world(16 * MIB);
	begin_pie(HIGHER_HALF + GIB);
	expect_boot(2 * MIB);
	EXPECT_EQUAL(boot_info()->kernel_slide, 0);
}

TEST("with -kaslr the kernel runs at a random address in the top 2 GiB")
{
	uint64_t seed = 9, first = 0, different = 0;

	for (unsigned i = 0; i < 20; i++) {
		begin_world(16 * MIB);
		world.config.options.kaslr = true;
		world.machine.random = check_random(&seed);
		begin_pie(i % 2 ? 0 : HIGHER_HALF + GIB);
		expect_boot(2 * MIB);
		EXPECT(boot_info()->kernel_begin >= TOP_2_GIB);
		EXPECT_EQUAL(boot_info()->kernel_begin % (2 * MIB), 0);
		different += boot_info()->kernel_begin != first;
		first = boot_info()->kernel_begin;
	}
	EXPECT(different > 15);
}

TEST("-kaslr keeps the alignment that a segment asks for")
{
	begin_world(16 * MIB);
	world.config.options.kaslr = true;
	world.machine.random = UINT64_MAX;
	begin_elf(ELF_TYPE_DYN);
	add_segment(RX, 0, 0, 100)->align = 64 * MIB;
	elf_programs[0].offset = 0;
	expect_boot(2 * MIB);
	EXPECT_EQUAL(boot_info()->kernel_begin % (64 * MIB), 0);
}

TEST("-kaslr with a kernel that is not position-independent is refused")
{
	begin_world(16 * MIB);
	world.config.options.kaslr = true;
	begin_kernel(ELF_TYPE_EXEC, 0x400000);
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	expect_refusal(DIAG_KASLR_NOT_PIE, "it is linked at 0x400000");
}

TEST("a position-independent kernel too large for the top 2 GiB is refused")
{
	static const uint64_t ends[] = { 2 * GIB,
		                         5 * GIB,
		                         UINT64_C(0x00007fffffffe000),
		                         HIGHER_HALF + GIB,
		                         UINT64_C(0xffffffffffff0000),
		                         UINT64_C(0xffffffffffffefff) };

	for (unsigned i = 0; i < COUNT(ends); i++) {
		begin_world(16 * MIB);
		begin_elf(ELF_TYPE_DYN);
		add_segment(RX, 0, 100, 100);
		add_segment(RW, ends[i] - 100, 0, 100);
		lay_file(&world.config.kernel, elf_file(), 2 * MIB);
		expect_refusal(DIAG_ELF_PIE_TOO_LARGE, "it takes");
	}
}

TEST("with -kaslr a position-independent kernel may take half of the top 2 GiB, less one step")
{
	for (unsigned over = 0; over < 2; over++) {
		begin_world(16 * MIB);
		add_firmware(16 * MIB, 6 * GIB, 1); /* planned with, and never written to */
		world.config.options.kaslr = true;
		world.machine.random = UINT64_MAX;
		begin_elf(ELF_TYPE_DYN);
		add_segment(RX, 0, 100, GIB - 2 * MIB + over);
		lay_file(&world.config.kernel, elf_file(), 2 * MIB);
		if (over != 0) {
			expect_refusal(DIAG_ELF_PIE_TOO_LARGE, "it takes 0x3fe01000 bytes");
		} else {
			expect_plan();
			EXPECT(world.boot.plan.slide + GIB - 2 * MIB < UINT64_MAX - 2 * MIB);
		}
	}
}

TEST("a position-independent kernel that wants more alignment than addresses have is refused")
{
	begin_world(16 * MIB);
	begin_elf(ELF_TYPE_DYN);
	add_segment(RX, 0, 0, 100)->align = 4 * GIB;
	elf_programs[0].offset = 0;
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	expect_refusal(DIAG_ELF_PIE_TOO_LARGE, "with an alignment of 0x100000000");
}

TEST("what is read-only after relocation is relocated first, and read-only then")
{
	begin_world(16 * MIB);
	begin_pie(0);
	add_program(ELF_PT_GNU_RELRO, RO, 0, 3 * PAGE_SIZE, 0, PAGE_SIZE);
	expect_boot(2 * MIB);
	look_at(TOP_2_GIB + 3 * PAGE_SIZE, PAGE_SIZE, RIGHT_READ);
	look_at(TOP_2_GIB + 4 * PAGE_SIZE, PAGE_SIZE, RIGHT_READ | RIGHT_WRITE);
}

TEST("a word that a relocation changes may lie across two pages")
{
	struct elf_rela rela = { 4 * PAGE_SIZE - 3, ELF_R_X86_64_RELATIVE, 0x1234 };
	struct elf_dynamic dynamic[] = { { ELF_DT_RELA, 3 * PAGE_SIZE },
		                         { ELF_DT_RELASZ, sizeof(rela) } };

	begin_world(16 * MIB);
	begin_kernel(ELF_TYPE_DYN, 0);
	memcpy(elf_at(3 * PAGE_SIZE), &rela, sizeof(rela));
	put_dynamic(3 * PAGE_SIZE + 0x100, dynamic, COUNT(dynamic));
	add_program(ELF_PT_GNU_RELRO, RO, 0, 3 * PAGE_SIZE, 0, PAGE_SIZE);
	expect_boot(2 * MIB);
}

/* --- what the kernel is told --- */

TEST("the fault explainer is told which program header each piece comes from")
{
	static const uint32_t expected[] = { 1, 0, 2, 2 };
	const struct fault_info_segment *pieces;
	const struct fault_info *marks;

	begin_world(16 * MIB);
	begin_elf(ELF_TYPE_DYN);
	add_segment(RX, 0x1800, 3000, 3000);
	add_segment(RO, 0x234, 100, 100);
	add_segment(RW, 0x4010, 9000, 9000);
	add_program(ELF_PT_GNU_RELRO, RO, 0, 0x4010, 0, 0xff0);
	elf_head->entry = 0x1800;
	expect_boot(2 * MIB);
	marks = (const void *)(world.memory + world.boot.launch->fault_info);
	pieces = (const void *)(world.memory + marks->segments);
	EXPECT_EQUAL(marks->segment_count, COUNT(expected));
	for (unsigned i = 0; i < COUNT(expected); i++)
		EXPECT_EQUAL(pieces[i].number, expected[i]);
	EXPECT_EQUAL(pieces[2].rights, RIGHT_READ);
	EXPECT_EQUAL(pieces[3].rights, RIGHT_READ | RIGHT_WRITE);
}

TEST("the thread-local storage template is described")
{
	const struct longjump_boot_info *info;

	begin_world(16 * MIB);
	begin_pie(0);
	add_program(ELF_PT_TLS, RO, 0, 3 * PAGE_SIZE + 0x100, 0x20, 0x100)->align = 64;
	expect_boot(2 * MIB);
	info = boot_info();
	EXPECT_EQUAL(info->tls_begin, TOP_2_GIB + 3 * PAGE_SIZE + 0x100);
	EXPECT_EQUAL(info->tls_file_size, 0x20);
	EXPECT_EQUAL(info->tls_size, 0x100);
	EXPECT_EQUAL(info->tls_align, 64);
}

TEST("what the machine says is handed on")
{
	static const struct video_mode modes[] = { { 640, 480, 32, 0x112 },
		                                   { 800, 600, 24, 0x115 } };
	static const uint8_t edid[128] = { 1, 2, 3 }, font[4096] = { 4, 5, 6 };
	const struct longjump_boot_info *info;
	const uint8_t rw = RIGHT_READ | RIGHT_WRITE;

	begin_world(16 * MIB);
	begin_small_elf();
	world.config.kernel.command_line = "one two";
	world.machine.clock = (struct clock){ .tsc_start = 11,
		                              .tsc_read = 12,
		                              .tsc_frequency = 13,
		                              .year = 2026,
		                              .month = 2,
		                              .day = 3,
		                              .hour = 4,
		                              .minute = 5,
		                              .second = 6 };
	world.machine.rsdp = 0xe0000;
	world.machine.smbios = 0xf0000;
	world.machine.smbios3 = 0xf1000;
	world.machine.cpu_count = 4;
	world.machine.source.partition = 2048;
	world.machine.display.modes = modes;
	world.machine.display.mode_count = COUNT(modes);
	world.machine.display.edid = edid;
	world.machine.display.font = font;
	set_bios()->drive = 0x80;
	expect_boot(2 * MIB);
	info = boot_info();
	EXPECT(info->tsc_start == 11 && info->tsc_read == 12 && info->tsc_frequency == 13);
	EXPECT(info->time.year == 2026 && info->time.month == 2 && info->time.second == 6);
	EXPECT(info->rsdp_physical == 0xe0000 && info->smbios_physical == 0xf0000);
	EXPECT(info->smbios3_physical == 0xf1000 && info->cpu_count == 4);
	EXPECT(info->boot_drive == 0x80 && info->boot_partition == 2048);
	EXPECT_EQUAL(info->video_mode_count, 2);
	EXPECT(memcmp(look_at(info->video_modes, sizeof(modes), rw), modes, sizeof(modes)) == 0);
	EXPECT(memcmp(look_at(info->edid, 128, rw), edid, 128) == 0);
	EXPECT(memcmp(look_at(info->font, 4096, rw), font, 4096) == 0);
	EXPECT_EQUAL(info->paging_levels, 4);
	EXPECT_EQUAL(info->kaslr_entropy, LONGJUMP_ENTROPY_NONE);
}

TEST("a kernel is told which firmware there is, and what is left of UEFI")
{
	const uint8_t rw = RIGHT_READ | RIGHT_WRITE;
	const struct longjump_boot_info *info;
	const struct efi *efi;

	begin_world(16 * MIB);
	begin_small_elf();
	expect_boot(2 * MIB);
	EXPECT_EQUAL(boot_info()->firmware, LONGJUMP_FIRMWARE_NONE);
	set_bios();
	expect_boot(2 * MIB);
	EXPECT_EQUAL(boot_info()->firmware, LONGJUMP_FIRMWARE_BIOS);
	EXPECT(boot_info()->efi.memory_map == 0 && boot_info()->efi.descriptor_size == 0);
	world.machine.bios = NULL;
	efi = set_efi(0x7f0000);
	expect_boot(2 * MIB);
	info = boot_info();
	EXPECT_EQUAL(info->firmware, LONGJUMP_FIRMWARE_EFI);
	EXPECT_EQUAL(info->efi.system_table_physical, 0x7f0000);
	EXPECT_EQUAL(info->efi.memory_map_size, efi->memory_map.size);
	EXPECT_EQUAL(info->efi.descriptor_size, efi->descriptor_size);
	EXPECT_EQUAL(info->efi.descriptor_version, efi->descriptor_version);
	EXPECT(memcmp(look_at(info->efi.memory_map, efi->memory_map.size, rw),
	              efi->memory_map.bytes, (size_t)efi->memory_map.size)
	       == 0);
}

/* Plans the small kernel with these bytes at its end; returns how many warnings there are. */
static unsigned warnings_with(const void *bytes, size_t size)
{
	begin_small_elf();
	memcpy((uint8_t *)elf_at(MIB) + 64 - size, bytes, size);
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	expect_plan();
	return world.report.count;
}

TEST("a kernel that only writes to VGA's text memory causes a warning if there is none")
{
	static const uint8_t text[] = { 0x00, 0x80, 0x0b, 0x00 };
	static const uint8_t high[] = { 0x00, 0x80, 0x0b, 0x80 }; /* 0xffffffff800b8000 */
	static const uint8_t other[] = { 0x01, 0x80, 0x0b, 0x00 };
	static const uint8_t both[] = { 0x00, 0x80, 0x0b, 0x00, 0x10, 0x01, 0x00, 0x00 };

	begin_world(16 * MIB);
	world.machine.display.kind = DISPLAY_NONE;
	EXPECT_EQUAL(warnings_with(text, sizeof(text)), 1);
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_VIDEO_NO_TEXT_SCREEN);
	EXPECT_PART(world.report.findings[0].detail, "0x10003c");
	EXPECT_EQUAL(warnings_with(high, sizeof(high)), 1);
	EXPECT_EQUAL(warnings_with(other, sizeof(other)), 0);
	EXPECT_EQUAL(warnings_with(both, sizeof(both)), 0);
	world.config.options.video.want = VIDEO_AUTO;
	EXPECT_EQUAL(warnings_with(text, sizeof(text)), 0);
	world.config.options.video.want = VIDEO_TEXT;
	world.machine.display.kind = DISPLAY_VGA_TEXT;
	EXPECT_EQUAL(warnings_with(text, sizeof(text)), 0);
}

TEST("a framebuffer is mapped write-combining, in its own window")
{
	const struct longjump_boot_info *info;
	const struct seen *range;

	begin_world(16 * MIB);
	begin_small_elf();
	set_screen((struct screen){ .pixels = { 0xfd000100, 0xfd400100 },
	                            .width = 1024,
	                            .height = 1024,
	                            .pitch = 4096,
	                            .bits_per_pixel = 32,
	                            .red_shift = 16,
	                            .red_bits = 8 });
	expect_boot(2 * MIB);
	info = boot_info();
	EXPECT_EQUAL(info->framebuffer.physical, 0xfd000100);
	EXPECT(info->framebuffer.width == 1024 && info->framebuffer.pitch == 4096);
	range = view_at(&view, info->framebuffer.address);
	EXPECT(range != NULL && range->pat == 5);
	EXPECT_EQUAL(range->phys + (info->framebuffer.address - range->virt), 0xfd000100);
	EXPECT_EQUAL(range->size, 0x401000);
}

TEST("the fault explainer is told where RAM ends, whoever uses it")
{
	const struct fault_info *marks;

	begin_world(16 * MIB);
	begin_small_elf();
	add_firmware(16 * MIB, 17 * MIB, 3);
	add_firmware(20 * MIB, 21 * MIB, 2);
	expect_boot(2 * MIB);
	marks = (const void *)(world.memory + world.boot.launch->fault_info);
	EXPECT_EQUAL(marks->memory_end, 17 * MIB);
}

TEST("the fault explainer knows whether there is a text screen")
{
	static const enum display_kind kinds[] = { DISPLAY_VGA_TEXT, DISPLAY_NONE };

	for (unsigned i = 0; i < COUNT(kinds); i++) {
		const struct fault_info *marks;

		begin_world(16 * MIB);
		begin_small_elf();
		world.machine.display.kind = kinds[i];
		expect_boot(2 * MIB);
		marks = (const void *)(world.memory + world.boot.launch->fault_info);
		EXPECT_EQUAL(marks->screen.kind, kinds[i]);
		EXPECT_EQUAL(marks->screen.pixels, 0);
	}
}

TEST("with a framebuffer, the fault explainer has a copy of the font")
{
	static const uint8_t font[4096] = { 1, 2, 3, [4095] = 4 };
	const struct fault_info *marks;

	begin_world(16 * MIB);
	begin_small_elf();
	world.machine.display.font = font;
	set_screen((struct screen){ .pixels = { 0xfd000000, 0xfd300000 },
	                            .width = 1024,
	                            .height = 768,
	                            .pitch = 4096,
	                            .bits_per_pixel = 32 });
	expect_boot(2 * MIB);
	marks = (const void *)(world.memory + world.boot.launch->fault_info);
	EXPECT_EQUAL(marks->screen.kind, DISPLAY_FRAMEBUFFER);
	EXPECT_EQUAL(marks->screen.pixels, 0xfd000000);
	EXPECT_EQUAL(marks->screen.width, 1024);
	EXPECT_EQUAL(marks->screen.pitch, 4096);
	EXPECT(memcmp(world.memory + marks->font, font, sizeof(font)) == 0);
}

/* --- modules --- */

TEST("modules arrive whole, with zeroes to the end of their last page")
{
	begin_world(32 * MIB);
	begin_kernel(ELF_TYPE_EXEC, TOP_2_GIB);
	add_module("in-place", "words for it", module_bytes(10000), 5 * MIB);
	add_module("moved", "", module_bytes(4096), 6 * MIB + 100);
	add_module("whole pages", "a b", module_bytes(8192), 7 * MIB);
	add_module("empty", "", module_bytes(0), 8 * MIB);
	add_module("one byte", "", module_bytes(1), 9 * MIB + 1);
	expect_boot(2 * MIB);
	EXPECT_EQUAL(find_placement(USE_MODULE, 0)->phys.begin, 5 * MIB);
	EXPECT_EQUAL(find_placement(USE_MODULE, 2)->phys.begin, 7 * MIB);
}

TEST("as many modules as there may be arrive")
{
	begin_world(32 * MIB);
	begin_small_elf();
	for (unsigned i = 0; i < CONFIG_MAX_MODULES; i++)
		add_module("module", "and its words", module_bytes(100 + i),
		           4 * MIB + i * 2 * PAGE_SIZE + (i % 2) * 16);
	expect_boot(2 * MIB);
}

TEST("modules that lie around the kernel's file are spared when the kernel stays there")
{
	begin_world(16 * MIB);
	begin_large_kernel();
	add_module("before", "", module_bytes(4096), 3 * MIB - PAGE_SIZE);
	add_module("behind", "", module_bytes(4096), 3 * MIB + page_up(elf_size));
	expect_boot(3 * MIB);
}

/* --- options --- */

TEST("the stack has the size and the address that were asked for")
{
	begin_world(16 * MIB);
	begin_small_elf();
	world.config.options.stack_size = 128 * KIB;
	world.config.options.stack_at = UINT64_C(0xffffc00000000000);
	expect_boot(2 * MIB);
	EXPECT_EQUAL(boot_info()->stack_begin, UINT64_C(0xffffc00000000000));
	EXPECT_EQUAL(boot_info()->stack_end, UINT64_C(0xffffc00000020000));
}

TEST("a stack over something else is refused, and so is one whose guard page is")
{
	static const uint64_t places[] = {
		MIB, MIB + PAGE_SIZE, 0xa0000, 0xbf000, 0xc0000, 0x91000
	};

	for (unsigned i = 0; i < COUNT(places); i++) {
		begin_world(16 * MIB);
		begin_small_elf();
		lay_file(&world.config.kernel, elf_file(), 2 * MIB);
		world.config.options.stack_at = places[i];
		expect_refusal(DIAG_MAP_COLLIDES, "-stack-at");
	}
}

TEST("a stack that leaves its half of the address space is refused")
{
	static const uint64_t places[] = { UINT64_C(0x00007ffffffff000),
		                           UINT64_C(0xfffffffffffff000),
		                           UINT64_C(0xffffffffffff8000) };

	for (unsigned i = 0; i < COUNT(places); i++) {
		begin_world(16 * MIB);
		begin_small_elf();
		lay_file(&world.config.kernel, elf_file(), 2 * MIB);
		world.config.options.stack_at = places[i];
		expect_refusal(DIAG_CONFIG_BAD_VALUE, "-stack-at");
	}
}

TEST("the direct map lies where it was asked for")
{
	begin_world(16 * MIB);
	begin_small_elf();
	world.config.options.direct_map = UINT64_C(0xffff888000000000);
	expect_boot(2 * MIB);
	EXPECT_EQUAL(boot_info()->direct_map, UINT64_C(0xffff888000000000));
}

TEST("a direct map that leaves its half of the address space, or lies on the kernel, is refused")
{
	begin_world(16 * MIB);
	begin_small_elf();
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	world.config.options.direct_map = UINT64_C(0x00007fffc0000000);
	expect_refusal(DIAG_CONFIG_BAD_VALUE, "-direct-map");
	world.config.options.direct_map = UINT64_C(0xffffffff40000000);
	set_scratch(15 * MIB, 16 * MIB);
	expect_refusal(DIAG_CONFIG_BAD_VALUE, "-direct-map");
	begin_kernel(ELF_TYPE_EXEC, HIGHER_HALF + GIB);
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	world.config.options.direct_map = HIGHER_HALF;
	set_scratch(15 * MIB, 16 * MIB);
	expect_refusal(DIAG_MAP_COLLIDES, "-direct-map");
}

TEST("an identity map shows memory at its own address, around the kernel, without page 0")
{
	begin_world(16 * MIB);
	begin_kernel(ELF_TYPE_EXEC, 4 * MIB);
	world.config.options.identity = GIB;
	expect_boot(2 * MIB);
	EXPECT_EQUAL(view_at(&view, 0x1000)->phys, 0x1000);
	EXPECT_EQUAL(view_at(&view, GIB - PAGE_SIZE)->rights, RIGHT_READ | RIGHT_WRITE);
	EXPECT(view_at(&view, GIB) == NULL);
}

TEST("with 5-level paging a kernel may be linked where only 57 bits reach")
{
	begin_world(16 * MIB);
	world.config.options.paging_levels = 5;
	begin_kernel(ELF_TYPE_EXEC, UINT64_C(0xff12345678900000));
	expect_boot(2 * MIB);
	EXPECT_EQUAL(boot_info()->paging_levels, 5);
}

/* --- machines --- */

TEST("a CPU without pages of 1 GiB, or without a PAT, boots as well")
{
	begin_world(16 * MIB);
	begin_kernel(ELF_TYPE_EXEC, TOP_2_GIB);
	world.machine.cpu.gib_pages = false;
	world.machine.cpu.pat = false;
	expect_boot(2 * MIB);
}

TEST("CPUs that cannot do what is needed are refused")
{
	begin_world(16 * MIB);
	begin_small_elf();
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	world.machine.cpu.long_mode = false;
	expect_refusal(DIAG_CPU_NO_LONG_MODE, "bit 29");
	world.machine.cpu.long_mode = true;
	world.machine.cpu.nx = false;
	expect_refusal(DIAG_CPU_NO_NX, "bit 20");
	world.machine.cpu.nx = true;
	world.machine.cpu.sse = false;
	expect_refusal(DIAG_CPU_NO_SSE, "26 (SSE2) are 1");
	world.machine.cpu.sse = true;
	world.machine.cpu.la57 = false;
	world.config.options.paging_levels = 5;
	expect_refusal(DIAG_CPU_NO_LA57, "bit 16");
}

TEST("memory in many pieces, with ACPI tables and bad RAM between them, is used as it is")
{
	begin_world(32 * MIB);
	world.machine.firmware_count = 0;
	for (unsigned i = 1; i < 31; i++)
		add_firmware(i * MIB, (i + 1) * MIB - (i % 4) * 64 * KIB,
		             i % 5 == 0 ? 3 + i % 3 : 1);
	add_firmware(31 * MIB, 32 * MIB, 1);
	begin_kernel(ELF_TYPE_EXEC, TOP_2_GIB);
	add_module("module", "", module_bytes(300000), 12 * MIB);
	expect_boot(2 * MIB);
}

TEST("nothing outside of scratch memory is written to before the launch")
{
	uint8_t *before;

	begin_world(16 * MIB);
	begin_large_kernel();
	add_module("module", "", module_bytes(300000), 12 * MIB + 3);
	lay_file(&world.config.kernel, elf_file(), 3 * MIB);
	before = malloc(15 * MIB);
	memcpy(before, world.memory, 15 * MIB);
	expect_plan();
	EXPECT(memcmp(before, world.memory, 15 * MIB) == 0);
	free(before);
}

TEST("too little memory for the kernel is refused, with how much it needs")
{
	begin_world(16 * MIB);
	begin_small_elf();
	add_segment(RW, 2 * MIB, 0, 64 * MIB);
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	expect_refusal(DIAG_MEMORY_KERNEL, "it takes 64");
}

TEST("too little memory for the stack or a module is refused")
{
	begin_world(16 * MIB);
	begin_small_elf();
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	world.config.options.stack_size = 64 * MIB;
	expect_refusal(DIAG_MEMORY_STACK, "64 MiB");
	begin_world(4 * MIB);
	begin_small_elf();
	lay_file(&world.config.kernel, elf_file(), MIB);
	add_module("large.img", "", module_bytes(MIB), 2 * MIB - 16);
	expect_refusal(DIAG_MEMORY_MODULE, "large.img takes 1 MiB");
}

TEST("too little scratch memory is refused, whatever does not fit, and never written past")
{
	begin_world(16 * MIB);
	begin_pie(0);
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	add_module("module", "", module_bytes(5000), 4 * MIB + 5);
	for (uint64_t size = 0; size < 200 * KIB; size += 1000) {
		set_scratch(15 * MIB, 15 * MIB + size);
		memset(world.memory + 15 * MIB, WORLD_GARBAGE, MIB);
		if (prepare()) {
			EXPECT(size > 20 * KIB);
		} else {
			EXPECT(world.report.count > 0);
			EXPECT_EQUAL(world.report.findings[0].code, DIAG_MEMORY_LOADER);
		}
		for (uint64_t at = size; at < size + 64; at++)
			EXPECT_EQUAL(world.memory[15 * MIB + at], WORLD_GARBAGE);
	}
	set_scratch(15 * MIB, 16 * MIB);
	EXPECT(prepare());
}

TEST("nothing is placed below 1 MiB")
{
	begin_world(16 * MIB);
	world.machine.firmware_count = 0;
	add_firmware(0x1000, 0xa0000, 1);
	begin_small_elf();
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	expect_refusal(DIAG_MEMORY_KERNEL, "it takes 4 KiB");
}

TEST("a machine without usable memory is refused")
{
	begin_world(16 * MIB);
	world.machine.firmware_count = 0;
	begin_small_elf();
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	expect_refusal(DIAG_MEMORY_NONE, "its 0 ranges");
}

/* --- other CPUs --- */

TEST("with -smp the other CPUs are to be started, in a low page, on their own stacks")
{
	const struct longjump_processor *told;

	begin_world(16 * MIB);
	begin_small_elf();
	set_processors(4, 1);
	world.config.options.smp = true;
	world.config.options.stack_size = 5 * PAGE_SIZE;
	expect_boot(2 * MIB);
	EXPECT_EQUAL(world.boot.launch->processor_count, 3);
	EXPECT_EQUAL(world.boot.launch->trampoline, 0x9e000);
	EXPECT_EQUAL(world.boot.launch->flags, 0);
	EXPECT_EQUAL(boot_info()->processor_count, 4);
	told = (const void *)look_at(boot_info()->processors, sizeof(*told),
	                             RIGHT_READ | RIGHT_WRITE);
	for (unsigned i = 0; i < 4; i++) {
		EXPECT_EQUAL(told[i].apic_id, 2 * i);
		EXPECT_EQUAL(told[i].number, 10 + i);
	}
	EXPECT_EQUAL(told[1].state, LONGJUMP_PROCESSOR_FIRST);
}

TEST("the other CPUs do not wake where somebody else still is")
{
	begin_world(16 * MIB);
	begin_small_elf();
	set_processors(2, 0);
	world.config.options.smp = true;
	machine_reserve(&world.machine, 0x9d800, 0x9f000);
	expect_boot(2 * MIB);
	EXPECT_EQUAL(world.boot.plan.trampoline, 0x9c000);
}

TEST("without -smp, the other CPUs are left alone")
{
	begin_world(16 * MIB);
	begin_small_elf();
	set_processors(4, 0);
	expect_boot(2 * MIB);
	EXPECT_EQUAL(world.boot.launch->processor_count, 0);
	EXPECT_EQUAL(boot_info()->processors, 0);
}

TEST("other CPUs that have no page to wake in are left alone, with a warning")
{
	begin_world(16 * MIB);
	begin_small_elf();
	set_processors(2, 0);
	world.firmware[0].type = 2;
	world.config.options.smp = true;
	expect_boot(2 * MIB);
	EXPECT_EQUAL(boot_info()->processor_count, 1);
	EXPECT_EQUAL(world.report.count, 1);
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_CPUS_NOT_STARTED);
	EXPECT_PART(world.report.findings[0].detail, "no page below 1 MiB is free for 1 CPUs");
}

TEST("x2APIC mode is for CPUs that have it")
{
	begin_world(16 * MIB);
	begin_small_elf();
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	world.config.options.smp = world.config.options.x2apic = true;
	expect_refusal(DIAG_CPU_NO_X2APIC, "CPUID 1 ECX bit 21");
	begin_world(16 * MIB);
	world.config.options.smp = world.config.options.x2apic = true;
	world.machine.cpu.x2apic = true;
	expect_boot(2 * MIB);
	EXPECT_EQUAL(world.boot.launch->flags, LAUNCH_X2APIC);
}

/* In 32 bits there is no room to simulate machines of gigabytes. */
#define LARGE (sizeof(void *) == 8)

TEST("RAM above 4 GiB is in the direct map, and holds what does not fit below")
{
	/* RAM [1 MiB, 16 MiB) and [4 GiB, 6 GiB); reserved memory at 5 TiB is not mapped */
	if (!LARGE)
		return;
	begin_empty_world(6 * GIB);
	add_firmware(MIB, 16 * MIB, 1);
	add_firmware(4 * GIB, 6 * GIB, 1);
	add_firmware(5120 * GIB, 5130 * GIB, 2);
	set_scratch(15 * MIB, 16 * MIB);
	begin_small_elf();
	add_segment(RW, TOP_2_GIB, 5000, GIB + MIB);
	expect_boot(2 * MIB);
	EXPECT(find_placement(USE_KERNEL, 1)->phys.begin >= 4 * GIB);
	EXPECT_EQUAL(boot_info()->direct_map_end - boot_info()->direct_map, 6 * GIB);
}

TEST("tables for all of memory that do not fit are refused as such, unless pages are larger")
{
	if (!LARGE)
		return;
	for (unsigned large = 0; large < 2; large++) {
		begin_world(16 * MIB);
		add_firmware(4 * GIB, 400 * GIB, 1);
		world.machine.cpu.gib_pages = large != 0;
		begin_small_elf();
		lay_file(&world.config.kernel, elf_file(), 2 * MIB);
		if (large)
			EXPECT(prepare());
		else
			expect_refusal(DIAG_MEMORY_TABLES,
			               "the kernel's page tables take 1600 KiB for 400 GiB in "
			               "pages of 2 MiB, and ");
	}
}

TEST("RAM that paging or the CPU cannot reach stays in the map, and nowhere else")
{
	static const struct {
		unsigned levels, bits;
		uint64_t begin, direct_map_size;
	} cases[] = {
		{ 4, 52, UINT64_C(1) << 47, 4 * GIB },
		{ 4, 0, UINT64_C(1) << 51, 4 * GIB },
		{ 4, 40, UINT64_C(1) << 40, 4 * GIB },
		{ 4, 41, UINT64_C(1) << 40, (UINT64_C(1) << 40) + GIB },
		{ 5, 52, UINT64_C(1) << 47, (UINT64_C(1) << 47) + GIB },
		{ 5, 47, UINT64_C(1) << 47, 4 * GIB },
		{ 5, 36, UINT64_C(1) << 51, 4 * GIB },
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		begin_world(16 * MIB);
		add_firmware(cases[i].begin, cases[i].begin + GIB, 1);
		world.machine.cpu.physical_bits = (uint8_t)cases[i].bits;
		world.config.options.paging_levels = cases[i].levels;
		begin_small_elf();
		expect_boot(2 * MIB);
		EXPECT_EQUAL(boot_info()->direct_map_end - boot_info()->direct_map,
		             cases[i].direct_map_size);
	}
}

TEST("a .bss of 1.5 GiB boots in a machine of 2 GiB")
{
	if (!LARGE)
		return;
	begin_empty_world(2 * GIB);
	add_firmware(MIB, 2 * GIB, 1);
	set_scratch(2 * GIB - MIB, 2 * GIB);
	begin_kernel(ELF_TYPE_EXEC, TOP_2_GIB);
	elf_programs[2].memsz = 3 * GIB / 2;
	expect_boot(2 * MIB);
}
