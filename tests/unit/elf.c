/* SPDX-License-Identifier: MIT */
/*
 * elf.c - checks what core/elf/read.h promises about files and segments: what is read, and every
 * reason for which a kernel is refused. Relocations have their own program: elf_dynamic.c.
 */
#include "check.h"

#include "build_elf.h"
#include "sound.h"

#define TOP_OF_LOWER_48  UINT64_C(0x0000800000000000)
#define BASE_OF_UPPER_48 UINT64_C(0xffff800000000000)
#define TOP_OF_LOWER_57  UINT64_C(0x0100000000000000)
#define BASE_OF_UPPER_57 UINT64_C(0xff00000000000000)
#define LAST_PAGE        UINT64_C(0xfffffffffffff000)

static struct kernel kernel;
static struct report report;

/* Reads these bytes as a kernel. */
static bool read_bytes(struct span file, unsigned bits)
{
	bool good;

	memset(&report, 0, sizeof(report));
	good = kernel_read(&kernel, file, bits, &report);
	EXPECT_EQUAL(report.count, good ? 0 : 1);
	return good;
}

/* The file that was built must be a kernel, and a sound one. */
static void accept_at(unsigned bits)
{
	const char *fault;

	if (!read_bytes(elf_file(), bits))
		FAIL("refused: K%u %s", (unsigned)report.findings[0].code,
		     report.findings[0].detail);
	fault = kernel_fault(&kernel, bits);
	if (fault != NULL)
		FAIL("%s", fault);
}

static void accept(void)
{
	accept_at(48);
}

/* The file must be refused, with this code, and with words that have `part`. */
static void refuse_at(unsigned bits, enum diag code, const char *part)
{
	if (read_bytes(elf_file(), bits))
		FAIL("accepted, not refused as K%u", (unsigned)code);
	EXPECT_EQUAL(report.findings[0].code, code);
	EXPECT_PART(report.findings[0].detail, part);
}

static void expect_refusal(enum diag code, const char *part)
{
	refuse_at(48, code, part);
}

/* --- the ELF header --- */

TEST("the smallest kernel is read, with everything where it is")
{
	begin_small_elf();
	accept();
	EXPECT_EQUAL(kernel.segment_count, 1);
	EXPECT_EQUAL(kernel.segments[0].virt.begin, MIB);
	EXPECT_EQUAL(kernel.segments[0].virt.end, MIB + 64);
	EXPECT_EQUAL(kernel.segments[0].file.size, 64);
	EXPECT(memcmp(kernel.segments[0].file.bytes, elf_at(MIB), 64) == 0);
	EXPECT_EQUAL(kernel.segments[0].rights, RIGHT_READ | RIGHT_EXECUTE);
	EXPECT_EQUAL(kernel.entry.at, MIB);
	EXPECT_EQUAL(kernel.virt.begin, MIB);
	EXPECT_EQUAL(kernel.virt.end, MIB + PAGE_SIZE);
	EXPECT(!kernel.position_independent);
	EXPECT(kernel.relro.begin == kernel.relro.end && kernel.tls.begin == kernel.tls.end);
	EXPECT(kernel.relocations.rela.size == 0 && kernel.relocations.relr.size == 0);
}

TEST("an empty file is refused")
{
	EXPECT(!read_bytes((struct span){ NULL, 0 }, 48));
	EXPECT_EQUAL(report.findings[0].code, DIAG_ELF_EMPTY);
}

TEST("a file shorter than the ELF header is refused, with its size")
{
	begin_small_elf();
	for (uint64_t size = 1; size < 64; size++) {
		EXPECT(!read_bytes(elf_start(size), 48));
		EXPECT_EQUAL(report.findings[0].code, DIAG_ELF_TOO_SHORT);
	}
	EXPECT_PART(report.findings[0].detail, "it has 63 bytes");
	elf_head->ident[0] = '#'; /* a script, a path: nothing is cut short */
	EXPECT(!read_bytes(elf_start(20), 48));
	EXPECT_EQUAL(report.findings[0].code, DIAG_ELF_NOT_ELF);
}

TEST("what does not begin with 7f 45 4c 46 is not an ELF file")
{
	for (unsigned i = 0; i < 4; i++) {
		begin_small_elf();
		elf_bytes[i] = 'x';
		expect_refusal(DIAG_ELF_NOT_ELF, "78");
	}
}

TEST("a 32-bit file is refused")
{
	begin_small_elf();
	elf_head->ident[ELF_CLASS] = 1;
	expect_refusal(DIAG_ELF_NOT_64BIT, "is 1 (32-bit), not 2");
	elf_head->ident[ELF_CLASS] = 7;
	expect_refusal(DIAG_ELF_NOT_64BIT, "is 7, not 2");
}

TEST("a big-endian file is refused")
{
	begin_small_elf();
	elf_head->ident[ELF_DATA] = 2;
	expect_refusal(DIAG_ELF_NOT_LITTLE_ENDIAN, "is 2 (big-endian), not 1");
	elf_head->ident[ELF_DATA] = 0;
	expect_refusal(DIAG_ELF_NOT_LITTLE_ENDIAN, "is 0, not 1");
}

TEST("unknown versions of ELF are refused")
{
	begin_small_elf();
	elf_head->ident[ELF_IDENT_VERSION] = 0;
	expect_refusal(DIAG_ELF_VERSION, "byte 6 (EI_VERSION) is 0");
	begin_small_elf();
	elf_head->version = 2;
	expect_refusal(DIAG_ELF_VERSION, "e_version is 2");
}

TEST("a kernel for another machine is refused by that machine's name")
{
	static const struct {
		unsigned number;
		const char *name;
	} machines[] = { { 3, "32-bit x86" }, { 40, "32-bit ARM" }, { 183, "AArch64" },
		         { 243, "RISC-V" },   { 258, "LoongArch" }, { 9999, "9999, not 62" } };

	for (unsigned i = 0; i < COUNT(machines); i++) {
		begin_small_elf();
		elf_head->machine = (uint16_t)machines[i].number;
		expect_refusal(DIAG_ELF_NOT_X86_64, machines[i].name);
	}
}

TEST("object files, core dumps and unknown types are refused")
{
	begin_small_elf();
	elf_head->type = ELF_TYPE_REL;
	expect_refusal(DIAG_ELF_NOT_EXECUTABLE, "an object file");
	elf_head->type = ELF_TYPE_CORE;
	expect_refusal(DIAG_ELF_NOT_EXECUTABLE, "core dump");
	elf_head->type = 0xfe00;
	expect_refusal(DIAG_ELF_NOT_EXECUTABLE, "e_type is 65024");
}

/* --- the program headers --- */

TEST("a kernel without program headers is refused")
{
	begin_small_elf();
	elf_head->phnum = 0;
	expect_refusal(DIAG_ELF_NOTHING_TO_LOAD, "e_phnum is 0");
}

TEST("program headers of another size are refused")
{
	begin_small_elf();
	elf_head->phentsize = 32;
	expect_refusal(DIAG_ELF_PHDR_SIZE, "is 32, not 56");
}

TEST("128 program headers can be used, 129 cannot")
{
	begin_small_elf();
	while (elf_head->phnum < KERNEL_MAX_PHDRS)
		add_segment(RO, MIB + elf_head->phnum * PAGE_SIZE, 1, 1);
	accept();
	EXPECT_EQUAL(kernel.segment_count, KERNEL_MAX_PHDRS);
	add_program(0, 0, 0, 0, 0, 0);
	expect_refusal(DIAG_ELF_TOO_MANY_PHDRS, "129, at most 128");
	elf_head->phnum = ELF_PHNUM_ELSEWHERE;
	expect_refusal(DIAG_ELF_TOO_MANY_PHDRS, "65535");
}

TEST("program headers may lie anywhere in the file, and nowhere else")
{
	struct elf_program_header program;

	begin_small_elf();
	program = elf_programs[0];
	elf_head->phoff = elf_size + 3; /* not aligned */
	memcpy(elf_bytes + elf_size + 3, &program, sizeof(program));
	elf_size += 3 + sizeof(program);
	accept();
	elf_head->phoff++;
	expect_refusal(DIAG_ELF_PHDRS_OUTSIDE, "1 program headers begin at byte");
	elf_head->phoff = elf_size + 1;
	expect_refusal(DIAG_ELF_PHDRS_OUTSIDE, "1 program headers");
	elf_head->phoff = UINT64_MAX - 10;
	expect_refusal(DIAG_ELF_PHDRS_OUTSIDE, "18446744073709551605");
}

TEST("a kernel with nothing to load is refused")
{
	begin_small_elf();
	elf_programs[0].type = 4; /* PT_NOTE */
	expect_refusal(DIAG_ELF_NOTHING_TO_LOAD, "none of its 1 program headers");
	begin_small_elf();
	elf_programs[0].filesz = elf_programs[0].memsz = 0;
	expect_refusal(DIAG_ELF_NOTHING_TO_LOAD, "none of its 1 program headers");
}

TEST("program headers of other types are ignored")
{
	begin_small_elf();
	add_program(4, 0, UINT64_MAX, UINT64_MAX, UINT64_MAX, 0)->align = 3;
	add_program(ELF_PT_GNU_STACK, RW, 0, 0, 0, 0);
	accept();
	EXPECT_EQUAL(kernel.segment_count, 1);
}

TEST("a file cut short anywhere is refused, never read beyond its end")
{
	begin_small_elf();
	add_segment(RW, 2 * MIB, 100, 5000);
	accept();
	for (uint64_t size = 0; size < elf_size; size++)
		EXPECT(!read_bytes(elf_start(size), 48));
	EXPECT_EQUAL(report.findings[0].code, DIAG_ELF_SEGMENT_OUTSIDE);
}

/* --- a segment by itself --- */

TEST("a segment must lie in the file to its last byte")
{
	begin_small_elf();
	elf_programs[0].filesz = elf_programs[0].memsz = 65;
	expect_refusal(DIAG_ELF_SEGMENT_OUTSIDE, "segment 0 takes 65 bytes");
	begin_small_elf();
	elf_programs[0].offset = UINT64_MAX & ~(PAGE_SIZE - 1);
	expect_refusal(DIAG_ELF_SEGMENT_OUTSIDE, "segment 0");
	begin_small_elf();
	elf_programs[0].filesz = elf_programs[0].memsz = UINT64_MAX;
	expect_refusal(DIAG_ELF_SEGMENT_OUTSIDE, "18446744073709551615 bytes");
}

TEST("where a segment without bytes in the file would have them does not matter")
{
	static const uint64_t offsets[] = { 16, 1 << 30, UINT64_MAX };

	for (unsigned i = 0; i < COUNT(offsets); i++) {
		begin_small_elf();
		add_segment(RW, 2 * MIB, 0, 5000)->offset = offsets[i];
		accept();
		EXPECT_EQUAL(kernel.segments[1].virt.end, 2 * MIB + 5000);
	}
}

TEST("a segment may not have more bytes in the file than in memory")
{
	begin_small_elf();
	elf_programs[0].memsz = 63;
	expect_refusal(DIAG_ELF_MEMSZ_LESS, "p_filesz is 0x40, p_memsz only 0x3f");
	elf_programs[0].memsz = 0;
	expect_refusal(DIAG_ELF_MEMSZ_LESS, "segment 0");
}

TEST("an alignment is a power of two, or 0 or 1 for none")
{
	begin_small_elf();
	elf_programs[0].align = 3;
	expect_refusal(DIAG_ELF_BAD_ALIGN, "p_align is 0x3");
	elf_programs[0].align = UINT64_MAX;
	expect_refusal(DIAG_ELF_BAD_ALIGN, "segment 0");
	for (uint64_t none = 0; none < 2; none++) {
		elf_programs[0].align = none;
		accept();
		EXPECT_EQUAL(kernel.segments[0].align, 1);
	}
	elf_programs[0].align = 0x40;
	accept();
	EXPECT_EQUAL(kernel.segments[0].align, 0x40);
}

TEST("a segment's place in the file and its address agree modulo its alignment")
{
	begin_small_elf();
	elf_programs[0].vaddr += 8;
	elf_head->entry += 8;
	expect_refusal(DIAG_ELF_MISALIGNED, "differ modulo p_align 0x1000");
	elf_programs[0].align = 8;
	accept();
	elf_programs[0].align = 0;
	accept();
}

TEST("a segment without bytes in the file is read like any other")
{
	begin_small_elf();
	add_segment(RW, 2 * MIB, 0, 3 * GIB / 2);
	accept();
	EXPECT_EQUAL(kernel.segments[1].virt.end, 2 * MIB + 3 * GIB / 2);
	EXPECT_EQUAL(kernel.segments[1].file.size, 0);
	EXPECT_EQUAL(kernel.virt.end, 2 * MIB + 3 * GIB / 2);
	elf_programs[1].vaddr = BASE_OF_UPPER_48 - PAGE_SIZE;
	elf_programs[1].offset = 0;
	expect_refusal(DIAG_ELF_NOT_CANONICAL, "segment 1");
}

TEST("an empty segment is left out, whatever its address is")
{
	begin_small_elf();
	add_program(ELF_PT_LOAD, RW, 0, 5, 0, 0);
	add_program(ELF_PT_LOAD, RW, 0, BASE_OF_UPPER_48 - 5, 0, 0);
	/* As ld does with one that has no sections. */
	add_program(ELF_PT_LOAD, RW, 0xe8, 0, 0, 0)->align = PAGE_SIZE;
	accept();
	EXPECT_EQUAL(kernel.segment_count, 1);
}

TEST("rights are those of the flags, and all that may be written or executed may be read")
{
	static const uint8_t expected[8] = { 1, 5, 3, 7, 1, 5, 3, 7 };

	for (uint32_t flags = 0; flags < 8; flags++) {
		begin_small_elf();
		add_segment(flags | 0xfff00000, 2 * MIB, 1, 1);
		accept();
		EXPECT_EQUAL(kernel.segments[1].rights, expected[flags]);
	}
	EXPECT_TEXT(rights_name(RIGHT_READ | RIGHT_EXECUTE), "r-x");
	EXPECT_TEXT(rights_name(RIGHT_READ | RIGHT_WRITE), "rw-");
	EXPECT_TEXT(rights_name(0), "---");
}

/* A kernel with a segment of `size` bytes in memory at an address. */
static void begin_at(uint64_t address, uint64_t size)
{
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RX, address, 0, size);
	elf_head->entry = address;
}

TEST("addresses are canonical up to the last byte, with 48 bits")
{
	begin_at(TOP_OF_LOWER_48 - PAGE_SIZE, PAGE_SIZE);
	accept();
	begin_at(TOP_OF_LOWER_48 - PAGE_SIZE, PAGE_SIZE + 1);
	expect_refusal(DIAG_ELF_NOT_CANONICAL, "segment 0 lies at 0x7ffffffff000");
	begin_at(TOP_OF_LOWER_48, 1);
	expect_refusal(DIAG_ELF_NOT_CANONICAL, "0x800000000000");
	begin_at(BASE_OF_UPPER_48 - 1, 1);
	expect_refusal(DIAG_ELF_NOT_CANONICAL, "0xffff7fffffffffff");
	begin_at(BASE_OF_UPPER_48, 1);
	accept();
	begin_at(PAGE_SIZE, UINT64_MAX - 2 * PAGE_SIZE);
	expect_refusal(DIAG_ELF_NOT_CANONICAL, "segment 0");
}

TEST("addresses are canonical up to the last byte, with 57 bits")
{
	begin_at(TOP_OF_LOWER_48, 1);
	accept_at(57);
	begin_at(TOP_OF_LOWER_57 - 1, 1);
	accept_at(57);
	begin_at(TOP_OF_LOWER_57 - 1, 2);
	refuse_at(57, DIAG_ELF_NOT_CANONICAL, "segment 0");
	begin_at(BASE_OF_UPPER_57 - 1, 1);
	refuse_at(57, DIAG_ELF_NOT_CANONICAL, "segment 0");
	begin_at(BASE_OF_UPPER_57, 1);
	accept_at(57);
}

TEST("the last page of all stays free, so that no end wraps to 0")
{
	begin_at(LAST_PAGE - 5, 5);
	accept();
	begin_at(LAST_PAGE - 5, 6);
	expect_refusal(DIAG_ELF_NOT_CANONICAL, "segment 0");
	begin_at(LAST_PAGE, PAGE_SIZE);
	expect_refusal(DIAG_ELF_NOT_CANONICAL, "segment 0");
	begin_at(UINT64_MAX, 1);
	expect_refusal(DIAG_ELF_NOT_CANONICAL, "segment 0");
}

TEST("page 0 stays free, except in a position-independent kernel")
{
	begin_at(0, 1);
	expect_refusal(DIAG_ELF_NULL_PAGE, "segment 0 lies at 0");
	begin_at(PAGE_SIZE - 1, 2);
	expect_refusal(DIAG_ELF_NULL_PAGE, "segment 0 lies at 0xfff");
	begin_at(PAGE_SIZE, 1);
	accept();
	begin_at(0, 1);
	elf_head->type = ELF_TYPE_DYN;
	accept();
	EXPECT(kernel.position_independent);
}

/* --- segments side by side --- */

TEST("segments are sorted by address, whatever their order in the file")
{
	static const uint64_t places[] = { 5, 3, 9, 1, 7, 2, 8 };

	begin_elf(ELF_TYPE_EXEC);
	for (unsigned i = 0; i < COUNT(places); i++)
		add_segment(RX, places[i] * MIB, 16, 16);
	elf_head->entry = 9 * MIB;
	accept();
	EXPECT_EQUAL(kernel.segment_count, COUNT(places));
	EXPECT_EQUAL(kernel.segments[0].virt.begin, MIB);
	EXPECT_EQUAL(kernel.segments[0].header, 3);
	EXPECT_EQUAL(kernel.segments[6].virt.begin, 9 * MIB);
	EXPECT_EQUAL(kernel.virt.begin, MIB);
	EXPECT_EQUAL(kernel.virt.end, 9 * MIB + PAGE_SIZE);
}

TEST("segments that overlap by a byte are refused, both by name and place")
{
	begin_small_elf();
	add_segment(RX, MIB + 63, 1, 1);
	expect_refusal(DIAG_ELF_OVERLAP,
	               "segment 0 takes 0x100000-0x100040, segment 1 takes 0x10003f-0x100040");
	begin_small_elf();
	add_segment(RX, MIB, 64, 64);
	expect_refusal(DIAG_ELF_OVERLAP, "segment 1 takes");
	begin_small_elf();
	add_segment(RX, MIB - PAGE_SIZE, 1, 2 * PAGE_SIZE);
	expect_refusal(DIAG_ELF_OVERLAP, "segment 1 takes 0xff000");
}

TEST("segments may share a page if they agree on its rights")
{
	/* page 0x100000: code [0, 0x40)  more code [0x40, 0x80) */
	begin_small_elf();
	add_segment(RX, MIB + 64, 64, 64);
	accept();
	EXPECT_EQUAL(kernel.segment_count, 2);
}

TEST("segments that share a page but need different rights are refused")
{
	begin_small_elf();
	add_segment(RW, MIB + 64, 64, 64);
	expect_refusal(DIAG_ELF_PAGE_RIGHTS, "the page at 0x100000: segment 0 ends there at "
	                                     "0x100040 with r-x, segment 1 begins with rw-");
	begin_small_elf();
	add_segment(RW, MIB + PAGE_SIZE, 64, 64);
	accept();
}

/* --- the entry --- */

TEST("the entry must lie in a segment")
{
	begin_small_elf();
	elf_head->entry = MIB - 1;
	expect_refusal(DIAG_ELF_ENTRY_OUTSIDE, "e_entry is 0xfffff");
	elf_head->entry = MIB + 64;
	expect_refusal(DIAG_ELF_ENTRY_OUTSIDE, "0x100000-0x101000");
	elf_head->entry = 0;
	expect_refusal(DIAG_ELF_ENTRY_OUTSIDE, "e_entry is 0x0");
	elf_head->entry = MIB + 63;
	accept();
	EXPECT_EQUAL(kernel.entry.at, MIB + 63);
}

TEST("the entry must lie where code may run")
{
	begin_small_elf();
	add_segment(RW, 2 * MIB, 64, 64);
	elf_head->entry = 2 * MIB;
	expect_refusal(DIAG_ELF_ENTRY_NOT_EXECUTABLE, "lies in segment 1: rw-");
	begin_small_elf();
	elf_programs[0].flags = RO;
	expect_refusal(DIAG_ELF_ENTRY_NOT_EXECUTABLE, "r--");
}

/* --- thread-local storage --- */

/* A kernel with a data segment at 2 MiB, of 4096 bytes in the file, 8192 in memory. */
static void begin_with_data(void)
{
	begin_small_elf();
	add_segment(RW, 2 * MIB, PAGE_SIZE, 2 * PAGE_SIZE);
}

TEST("a TLS template is read, with the zeroes after it")
{
	begin_with_data();
	add_program(ELF_PT_TLS, RO, 0, 2 * MIB + 0x100, 0x40, 0x100)->align = 32;
	accept();
	EXPECT_EQUAL(kernel.tls.begin, 2 * MIB + 0x100);
	EXPECT_EQUAL(kernel.tls.end, 2 * MIB + 0x200);
	EXPECT_EQUAL(kernel.tls_file_size, 0x40);
	EXPECT_EQUAL(kernel.tls_align, 32);
}

TEST("a TLS template of zeroes alone needs no bytes in the file")
{
	begin_with_data();
	add_program(ELF_PT_TLS, RO, 0, 2 * MIB + PAGE_SIZE, 0, 0x100)->align = 0;
	accept();
	EXPECT_EQUAL(kernel.tls.end - kernel.tls.begin, 0x100);
	EXPECT_EQUAL(kernel.tls_align, 1);
}

TEST("a TLS template whose bytes no segment has is refused")
{
	begin_with_data();
	add_program(ELF_PT_TLS, RO, 0, 2 * MIB + PAGE_SIZE - 0x20, 0x21, 0x40);
	expect_refusal(DIAG_ELF_TLS_BAD, "0x21 bytes at 0x200fe0");
	begin_with_data();
	add_program(ELF_PT_TLS, RO, 0, 3 * MIB, 0x10, 0x10);
	expect_refusal(DIAG_ELF_TLS_BAD, "which no segment has in the file");
}

TEST("a TLS template with sizes or an alignment that make no sense is refused")
{
	begin_with_data();
	add_program(ELF_PT_TLS, RO, 0, 2 * MIB, 0x20, 0x10);
	expect_refusal(DIAG_ELF_TLS_BAD, "p_filesz 0x20, p_memsz 0x10");
	begin_with_data();
	add_program(ELF_PT_TLS, RO, 0, 2 * MIB, 0x10, 0x10)->align = 24;
	expect_refusal(DIAG_ELF_TLS_BAD, "p_align 0x18");
	begin_with_data();
	add_program(ELF_PT_TLS, RO, 0, 2 * MIB, 0, UINT64_MAX);
	expect_refusal(DIAG_ELF_TLS_BAD, "p_memsz 0xffffffffffffffff");
}

TEST("a second TLS template is refused")
{
	begin_with_data();
	add_program(ELF_PT_TLS, RO, 0, 2 * MIB, 0x10, 0x10);
	add_program(ELF_PT_TLS, RO, 0, 2 * MIB + 0x100, 0x10, 0x10);
	expect_refusal(DIAG_ELF_TLS_BAD, "program header 3 is the second PT_TLS");
}

/* --- read-only after relocation --- */

/* A kernel with a data segment of four pages at `begin`, of which [from, to) becomes read-only. */
static void begin_with_relro(uint64_t begin, uint64_t from, uint64_t to)
{
	begin_small_elf();
	add_segment(RW, begin, 4 * PAGE_SIZE, 4 * PAGE_SIZE);
	add_program(ELF_PT_GNU_RELRO, RO, 0, from, 0, to - from);
}

/* The pages that become read-only. */
static void expect_relro(uint64_t begin, uint64_t end)
{
	accept();
	EXPECT_EQUAL(kernel.relro.begin, begin);
	EXPECT_EQUAL(kernel.relro.end, end);
}

TEST("whole pages become read-only as they are")
{
	begin_with_relro(0x200000, 0x200000, 0x202000);
	expect_relro(0x200000, 0x202000);
}

TEST("what becomes read-only is rounded inward where writable bytes share the page")
{
	begin_with_relro(0x200000, 0x200800, 0x202800);
	expect_relro(0x201000, 0x202000);
	begin_with_relro(0x200000, 0x200800, 0x200900);
	expect_relro(0x201000, 0x201000);
}

TEST("what becomes read-only is rounded outward where the segment itself begins or ends")
{
	begin_with_relro(0x200800, 0x200800, 0x202000);
	expect_relro(0x200000, 0x202000);
	begin_with_relro(0x200800, 0x203000, 0x204800);
	expect_relro(0x203000, 0x205000);
}

TEST("what becomes read-only may be said to end with the segment's last page")
{
	begin_with_relro(0x200800, 0x200800, 0x205000);
	expect_relro(0x200000, 0x205000);
}

TEST("what becomes read-only spares the bytes of a neighbour in the same page")
{
	/* data [0x200000, 0x204000) all read-only ... data [0x204800, ...)
	 * but the page 0x204000 belongs to both */
	begin_with_relro(0x200800, 0x200800, 0x204800);
	add_segment(RW, 0x204800, 16, 16);
	expect_relro(0x200000, 0x204000);
	begin_with_relro(0x200800, 0x200800, 0x203000);
	add_segment(RW, 0x200000, 16, 16);
	expect_relro(0x201000, 0x203000);
}

TEST("a part that lies outside the segments cannot become read-only")
{
	begin_with_relro(0x200000, 0x1ff000, 0x201000);
	expect_refusal(DIAG_ELF_RELRO_BAD, "0x1ff000-0x201000");
	begin_with_relro(0x200000, 0x203000, 0x206000);
	expect_refusal(DIAG_ELF_RELRO_BAD, "0x203000-0x206000");
	begin_with_relro(0x200000, 0x201000, 0x200000);
	expect_refusal(DIAG_ELF_RELRO_BAD, "0x201000-0x200000");
}

TEST("an empty part that becomes read-only is left out")
{
	begin_with_relro(0x200000, 0x900000, 0x900000);
	accept();
	EXPECT_EQUAL(kernel.relro.begin, kernel.relro.end);
}

/* --- all together --- */

TEST("a segment is found by any of its addresses, and by no other")
{
	begin_with_data();
	accept();
	EXPECT(kernel_segment_at(&kernel, MIB) == &kernel.segments[0]);
	EXPECT(kernel_segment_at(&kernel, MIB + 63) == &kernel.segments[0]);
	EXPECT(kernel_segment_at(&kernel, MIB + 64) == NULL);
	EXPECT(kernel_segment_at(&kernel, 2 * MIB + 2 * PAGE_SIZE - 1) == &kernel.segments[1]);
	EXPECT(kernel_segment_at(&kernel, 2 * MIB + 2 * PAGE_SIZE) == NULL);
	EXPECT(kernel_segment_at(&kernel, 0) == NULL);
}

TEST("random damage to the headers ends in a sound kernel or in one refusal")
{
	uint64_t seed = 3;
	unsigned accepted = 0;

	for (unsigned i = 0; i < 20000; i++) {
		unsigned bits = i % 2 ? 48 : 57;

		begin_with_data();
		add_program(ELF_PT_TLS, RO, 0, 2 * MIB, 0x10, 0x10);
		add_program(ELF_PT_GNU_RELRO, RO, 0, 2 * MIB, 0, 0x1000);
		for (uint64_t harm = check_below(&seed, 6); harm > 0; harm--)
			elf_bytes[check_below(&seed, 64 + 4 * 56)] = (uint8_t)check_random(&seed);
		if (read_bytes(elf_file(), bits)) {
			EXPECT(kernel_fault(&kernel, bits) == NULL);
			accepted++;
		}
	}
	EXPECT(accepted > 1000);
}

/* --- kernels that are loaded at their physical addresses --- */

/* Reads the file for its physical addresses, and returns if it is accepted. */
static bool read_physical(void)
{
	memset(&report, 0, sizeof(report));
	return kernel_read_physical(&kernel, elf_file(), &report);
}

TEST("a kernel for its physical addresses lies there, and is entered there")
{
	begin_small_elf();
	add_segment(RW, 0x200000, 100, 300)->paddr = 0x600000;
	elf_programs[0].paddr = 0x700000;
	elf_head->entry = MIB + 0x10;
	EXPECT(read_physical());
	EXPECT_EQUAL(kernel.segment_count, 2);
	EXPECT_EQUAL(kernel.segments[0].virt.begin, 0x600000);
	EXPECT_EQUAL(kernel.segments[0].virt.end, 0x600000 + 300);
	EXPECT_EQUAL(kernel.segments[1].virt.begin, 0x700000);
	EXPECT_EQUAL(kernel.virt.begin, 0x600000);
	EXPECT_EQUAL(kernel.entry.at, 0x700010);
}

TEST("at physical addresses there are no rights that segments could disagree on")
{
	begin_small_elf();
	add_segment(RW, MIB + 64, 64, 64);
	EXPECT(read_physical());
	elf_programs[1].paddr = MIB + 63;
	EXPECT(!read_physical());
	EXPECT_EQUAL(report.findings[0].code, DIAG_ELF_OVERLAP);
}
