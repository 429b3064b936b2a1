/* SPDX-License-Identifier: MIT */
/* elf_dynamic.c - checks what core/elf/read.h promises about dynamic sections and relocations, and
 * what core/elf/relative.h promises about RELR tables. */
#include "check.h"

#include "build_elf.h"
#include "core/elf/relocate.h"
#include "sound.h"

#define DATA  (2 * MIB)
#define RELA  (DATA + 0x800) /* where tests put their tables */
#define RELR  (DATA + 0xc00)
#define NAMES (DATA + 0xe00)

static struct kernel kernel;
static struct report report;

/* A position-independent kernel: code at 1 MiB, data of 4096 bytes in the file and 8192 in memory.
 */
static void begin_pie(void)
{
	begin_elf(ELF_TYPE_DYN);
	add_segment(RX, MIB, 64, 64);
	add_segment(RW, DATA, PAGE_SIZE, 2 * PAGE_SIZE);
	elf_head->entry = MIB;
}

/* The same with a RELA table of these entries. */
static void begin_with_rela(const struct elf_rela *entries, unsigned count)
{
	struct elf_dynamic dynamic[] = { { ELF_DT_RELA, RELA },
		                         { ELF_DT_RELASZ, count * sizeof(*entries) },
		                         { ELF_DT_RELAENT, sizeof(*entries) } };

	begin_pie();
	memcpy(elf_at(RELA), entries, count * sizeof(*entries));
	put_dynamic(DATA, dynamic, COUNT(dynamic));
}

/* The same with a RELR table of these words. */
static void begin_with_relr(const uint64_t *words, unsigned count)
{
	struct elf_dynamic dynamic[] = { { ELF_DT_RELR, RELR },
		                         { ELF_DT_RELRSZ, count * sizeof(*words) },
		                         { ELF_DT_RELRENT, sizeof(*words) } };

	begin_pie();
	memcpy(elf_at(RELR), words, count * sizeof(*words));
	put_dynamic(DATA, dynamic, COUNT(dynamic));
}

/* A kernel with just these entries in its dynamic section. */
static void begin_with_dynamic(const struct elf_dynamic *entries, unsigned count)
{
	begin_pie();
	put_dynamic(DATA, entries, count);
}

static void accept(void)
{
	const char *fault;

	memset(&report, 0, sizeof(report));
	if (!kernel_read(&kernel, elf_file(), 48, &report))
		FAIL("refused: K%u %s", (unsigned)report.findings[0].code,
		     report.findings[0].detail);
	fault = kernel_fault(&kernel, 48);
	if (fault != NULL)
		FAIL("%s", fault);
}

static void expect_refusal(enum diag code, const char *part)
{
	memset(&report, 0, sizeof(report));
	if (kernel_read(&kernel, elf_file(), 48, &report))
		FAIL("accepted, not refused as K%u", (unsigned)code);
	EXPECT_EQUAL(report.count, 1);
	EXPECT_EQUAL(report.findings[0].code, code);
	EXPECT_PART(report.findings[0].detail, part);
}

/* Walks over a RELR table; the addresses must be those in `expected`, which ends in 0. */
static void expect_walk(const uint64_t *words, unsigned count, const uint64_t *expected)
{
	struct relr_walk walk = { 0 };
	uint64_t address;

	for (unsigned i = 0; i < count; i++) {
		relr_feed(&walk, words[i]);
		while (relr_next(&walk, &address)) {
			EXPECT_EQUAL(address, *expected);
			expected++;
		}
	}
	EXPECT_EQUAL(*expected, 0);
}

/* --- RELR tables --- */

TEST("an even word of a RELR table is an address")
{
	expect_walk((uint64_t[]){ 0x1000, 0x2008 }, 2, (uint64_t[]){ 0x1000, 0x2008, 0 });
}

TEST("an odd word is a bitmap of the 63 words after it")
{
	uint64_t bitmap = 1 | UINT64_C(1) << 1 | UINT64_C(1) << 3 | UINT64_C(1) << 63;

	expect_walk((uint64_t[]){ 0x1000, bitmap }, 2,
	            (uint64_t[]){ 0x1000, 0x1008, 0x1018, 0x1008 + 62 * 8, 0 });
}

TEST("bitmaps follow each other without a gap")
{
	expect_walk((uint64_t[]){ 0x1000, 1, 3, 0x5000, 3 }, 5,
	            (uint64_t[]){ 0x1000, 0x1008 + 63 * 8, 0x5000, 0x5008, 0 });
}

TEST("a full bitmap asks for all of its words")
{
	struct relr_walk walk = { 0 };
	uint64_t address;

	relr_feed(&walk, 0x1000);
	EXPECT(relr_next(&walk, &address) && address == 0x1000);
	relr_feed(&walk, UINT64_MAX);
	for (unsigned i = 0; i < 63; i++) {
		EXPECT(relr_next(&walk, &address));
		EXPECT_EQUAL(address, 0x1008 + 8 * i);
	}
	EXPECT(!relr_next(&walk, &address));
}

TEST("a RELR table is read, with the place at which it is linked")
{
	begin_with_relr((uint64_t[]){ DATA + 8, 0xf }, 2);
	accept();
	EXPECT_EQUAL(kernel.relocations.relr.size, 16);
	EXPECT_EQUAL(kernel.relocations.relr_at.at, RELR);
	EXPECT(memcmp(kernel.relocations.relr.bytes, elf_at(RELR), 16) == 0);
}

TEST("RELR entries may aim into zeroes, to the segment's last word")
{
	begin_with_relr((uint64_t[]){ DATA + 2 * PAGE_SIZE - 8 }, 1);
	accept();
}

TEST("RELR entries that aim outside are refused, addresses and bitmaps alike")
{
	begin_with_relr((uint64_t[]){ DATA + 2 * PAGE_SIZE - 6 }, 1);
	expect_refusal(DIAG_ELF_RELOCATION_OUTSIDE,
	               "entry 0 of DT_RELR changes 8 bytes at 0x201ffa");
	begin_with_relr((uint64_t[]){ DATA + 2 * PAGE_SIZE - 16, 3, 3 }, 3);
	expect_refusal(DIAG_ELF_RELOCATION_OUTSIDE, "entry 2 of DT_RELR");
	begin_with_relr((uint64_t[]){ 1 | 2 }, 1);
	expect_refusal(DIAG_ELF_RELOCATION_OUTSIDE, "entry 0 of DT_RELR changes 8 bytes at 0");
}

TEST("a RELR table that is not whole, or not in the file, is refused")
{
	begin_with_dynamic((struct elf_dynamic[]){ { ELF_DT_RELR, RELR }, { ELF_DT_RELRSZ, 12 } },
	                   2);
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "DT_RELRSZ is 0xc");
	begin_with_dynamic(
		(struct elf_dynamic[]){ { ELF_DT_RELR, DATA + PAGE_SIZE }, { ELF_DT_RELRSZ, 8 } },
		2);
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "at 0x201000, which no segment has in the file");
	begin_with_dynamic(
		(struct elf_dynamic[]){ { ELF_DT_RELR, RELR }, { ELF_DT_RELRSZ, UINT64_MAX - 7 } },
		2);
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "DT_RELRSZ is 0xfffffffffffffff8");
}

/* --- RELA tables --- */

TEST("a RELA table of RELATIVE and NONE is read")
{
	struct elf_rela entries[] = { { DATA + 0x10, ELF_R_X86_64_RELATIVE, MIB },
		                      { UINT64_MAX, ELF_R_X86_64_NONE, 0 },
		                      { DATA + 2 * PAGE_SIZE - 8, ELF_R_X86_64_RELATIVE, DATA } };

	begin_with_rela(entries, COUNT(entries));
	accept();
	EXPECT_EQUAL(kernel.relocations.rela.size, sizeof(entries));
	EXPECT_EQUAL(kernel.relocations.rela_at.at, RELA);
	EXPECT(memcmp(kernel.relocations.rela.bytes, entries, sizeof(entries)) == 0);
}

TEST("RELA entries that aim outside are refused by number")
{
	struct elf_rela entries[] = { { DATA, ELF_R_X86_64_RELATIVE, 0 },
		                      { DATA + 2 * PAGE_SIZE - 7, ELF_R_X86_64_RELATIVE, 0 } };

	begin_with_rela(entries, 2);
	expect_refusal(DIAG_ELF_RELOCATION_OUTSIDE,
	               "entry 1 of DT_RELA changes 8 bytes at 0x201ff9");
	entries[1].offset = UINT64_MAX;
	begin_with_rela(entries, 2);
	expect_refusal(DIAG_ELF_RELOCATION_OUTSIDE, "0xffffffffffffffff");
	entries[1].offset = 0;
	begin_with_rela(entries, 2);
	expect_refusal(DIAG_ELF_RELOCATION_OUTSIDE, "8 bytes at 0");
}

TEST("relocations that change a table of relocations are refused")
{
	static const uint64_t rela_targets[] = { RELA - 7, RELA, RELA + 23, RELR - 7, RELR + 7 };
	static const uint64_t spared[] = { RELA - 8, RELA + 24, RELR - 8, RELR + 8 };
	struct elf_dynamic dynamic[] = { { ELF_DT_RELA, RELA },
		                         { ELF_DT_RELASZ, sizeof(struct elf_rela) },
		                         { ELF_DT_RELR, RELR },
		                         { ELF_DT_RELRSZ, 8 } };
	struct elf_rela entry = { 0, ELF_R_X86_64_RELATIVE, DATA + 2 * PAGE_SIZE - 1 };
	const uint64_t elsewhere = DATA + 0x200, table = RELA + 16;

	begin_pie();
	put_dynamic(DATA, dynamic, COUNT(dynamic));
	memcpy(elf_at(RELR), &elsewhere, sizeof(elsewhere));
	for (unsigned i = 0; i < COUNT(rela_targets); i++) {
		entry.offset = rela_targets[i];
		memcpy(elf_at(RELA), &entry, sizeof(entry));
		expect_refusal(DIAG_ELF_DYNAMIC_BAD, "entry 0 of DT_RELA changes");
	}
	for (unsigned i = 0; i < COUNT(spared); i++) {
		entry.offset = spared[i];
		memcpy(elf_at(RELA), &entry, sizeof(entry));
		accept();
	}
	memcpy(elf_at(RELR), &table, sizeof(table));
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "entry 0 of DT_RELR changes 8 bytes at 0x200810");
}

TEST("relocations of other types are refused by name")
{
	static const struct {
		uint32_t type;
		const char *name;
	} types[] = {
		{ 2, "R_X86_64_PC32 (2)" },         { 5, "R_X86_64_COPY" },
		{ 16, "R_X86_64_DTPMOD64 (16)" },   { 18, "R_X86_64_TPOFF64" },
		{ 36, "R_X86_64_TLSDESC (36)" },    { 37, "R_X86_64_IRELATIVE (37)" },
		{ 38, "R_X86_64_RELATIVE64 (38)" }, { 39, "R_X86_64_? (39)" },
		{ UINT32_MAX, "(4294967295)" },
	};

	for (unsigned i = 0; i < COUNT(types); i++) {
		struct elf_rela entry = { DATA, types[i].type, 0 };

		begin_with_rela(&entry, 1);
		expect_refusal(DIAG_ELF_RELOCATION_TYPE, types[i].name);
		EXPECT_PART(report.findings[0].detail, "entry 0 of DT_RELA, at 0x200000");
	}
}

TEST("a RELA table that is not whole, or not in the file, is refused")
{
	static const struct elf_dynamic tables[][2] = {
		{ { ELF_DT_RELA, RELA }, { ELF_DT_RELASZ, 25 } },
		{ { ELF_DT_RELA, DATA + PAGE_SIZE - 23 }, { ELF_DT_RELASZ, 24 } },
		{ { ELF_DT_RELA, 0 }, { ELF_DT_RELASZ, 24 } },
		{ { ELF_DT_RELA, RELA }, { ELF_DT_RELASZ, UINT64_C(24) << 40 } },
		{ { ELF_DT_RELASZ, UINT64_MAX - 15 }, { 0, 0 } },
	};

	for (unsigned i = 0; i < COUNT(tables); i++) {
		begin_with_dynamic(tables[i], 2);
		expect_refusal(DIAG_ELF_DYNAMIC_BAD, "DT_RELA");
	}
}

TEST("REL tables are refused, of the procedure linkage table as well")
{
	begin_with_dynamic((struct elf_dynamic[]){ { ELF_DT_REL, RELA } }, 1);
	expect_refusal(DIAG_ELF_RELOCATION_TYPE, "DT_REL is present");
	begin_with_dynamic((struct elf_dynamic[]){ { ELF_DT_JMPREL, RELA },
	                                           { ELF_DT_PLTRELSZ, 24 },
	                                           { ELF_DT_PLTREL, ELF_DT_REL } },
	                   3);
	expect_refusal(DIAG_ELF_RELOCATION_TYPE, "DT_PLTREL is 17, not 7");
	begin_with_dynamic((struct elf_dynamic[]){ { ELF_DT_REL, RELA }, { ELF_DT_RELSZ, 0 } }, 2);
	accept();
}

TEST("relocations that would be passed over are refused: packed ones, and tables without a size")
{
	static const struct {
		uint64_t tag;
		enum diag code;
		const char *part;
	} tables[] = {
		{ ELF_DT_ANDROID_REL, DIAG_ELF_RELOCATION_TYPE, "0x6000000f, DT_ANDROID_REL, is" },
		{ ELF_DT_ANDROID_RELA, DIAG_ELF_RELOCATION_TYPE, "0x60000011, DT_ANDROID_RELA," },
		{ ELF_DT_ANDROID_RELR, DIAG_ELF_RELOCATION_TYPE, "0x6fffe000, DT_ANDROID_RELR," },
		{ ELF_DT_RELA, DIAG_ELF_DYNAMIC_BAD, "DT_RELA is present without DT_RELASZ" },
		{ ELF_DT_JMPREL, DIAG_ELF_DYNAMIC_BAD, "DT_JMPREL is present without DT_PLTRELSZ" },
		{ ELF_DT_RELR, DIAG_ELF_DYNAMIC_BAD, "DT_RELR is present without DT_RELRSZ" },
	};

	for (unsigned i = 0; i < COUNT(tables); i++) {
		begin_with_dynamic((struct elf_dynamic[]){ { tables[i].tag, RELA } }, 1);
		expect_refusal(tables[i].code, tables[i].part);
	}
}

/* --- the dynamic section --- */

TEST("a dynamic section ends at DT_NULL; what follows does not count")
{
	begin_with_dynamic((struct elf_dynamic[]){ { ELF_DT_NULL, 0 }, { ELF_DT_NEEDED, 1 } }, 2);
	accept();
}

TEST("a dynamic section without DT_NULL is refused")
{
	begin_with_dynamic((struct elf_dynamic[]){ { 0x1e, 8 }, { 0x6ffffffb, 1 } }, 2);
	elf_programs[2].filesz -= 1; /* of the DT_NULL */
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "has 47 bytes in the file, and no DT_NULL");
	elf_programs[2].filesz = 0;
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "has 0 bytes in the file, and no DT_NULL");
}

TEST("a dynamic section without bytes, as linker scripts leave it, is ignored")
{
	begin_with_dynamic((struct elf_dynamic[]){ { 0x1e, 8 } }, 1);
	elf_programs[2].filesz = elf_programs[2].memsz = 0;
	accept();
	elf_programs[2].offset = UINT64_MAX;
	accept();
}

/* --- symbols --- */

#define SYMBOLS (DATA + 0xd00)
#define PLT     (DATA + 0xe00)

/* A kernel with these entries in DT_RELA and in DT_JMPREL, and five symbols: none, own_symbol,
 * absolute_symbol, weak_symbol and strong_symbol, the last two undefined. */
static void begin_with_symbols(const struct elf_rela *entries, unsigned count,
                               const struct elf_rela *plt, unsigned plt_count)
{
	static const char names[] = "\0own_symbol\0absolute_symbol\0weak_symbol\0strong_symbol";
	static const struct elf_symbol symbols[] = {
		{ .name = 0 },
		{ .name = 1, .info = 1 << 4, .shndx = 1, .value = DATA + 16 },
		{ .name = 12, .info = 1 << 4, .shndx = ELF_SHN_ABS, .value = 0x1234 },
		{ .name = 28, .info = ELF_STB_WEAK << 4 },
		{ .name = 40, .info = 1 << 4 },
	};
	struct elf_dynamic dynamic[] = {
		{ ELF_DT_RELA, RELA },           { ELF_DT_RELASZ, count * sizeof(*entries) },
		{ ELF_DT_JMPREL, PLT },          { ELF_DT_PLTRELSZ, plt_count * sizeof(*plt) },
		{ ELF_DT_SYMTAB, SYMBOLS },      { ELF_DT_SYMENT, sizeof(*symbols) },
		{ ELF_DT_STRTAB, DATA + 0xf00 }, { ELF_DT_STRSZ, sizeof(names) }
	};

	begin_pie();
	memcpy(elf_at(RELA), entries, count * sizeof(*entries));
	memcpy(elf_at(PLT), plt, plt_count * sizeof(*plt));
	memcpy(elf_at(SYMBOLS), symbols, sizeof(symbols));
	memcpy(elf_at(DATA + 0xf00), names, sizeof(names));
	put_dynamic(DATA, dynamic, COUNT(dynamic));
}

#define SYMBOL(number) (UINT64_C(number) << 32)

/* The next word that relocation writes must be this. */
static void expect_word(uint64_t *cursor, uint64_t at, uint64_t value, bool slides)
{
	struct relocated_word word;

	EXPECT(relocations_next_word(&kernel.relocations, cursor, &word));
	EXPECT_EQUAL(word.at, at);
	EXPECT_EQUAL(word.value, value);
	EXPECT_EQUAL(word.slides, slides);
}

TEST("entries that name symbols are resolved, one after the other")
{
	static const struct elf_rela rela[] = {
		{ DATA + 0x200, SYMBOL(1) | ELF_R_X86_64_64, 8 },
		{ DATA + 0x208, ELF_R_X86_64_RELATIVE, 8 },
		{ DATA + 0x210, ELF_R_X86_64_NONE, 8 },
		{ DATA + 0x218, SYMBOL(1) | ELF_R_X86_64_GLOB_DAT, 8 },
		{ DATA + 0x220, SYMBOL(2) | ELF_R_X86_64_64, 1 },
		{ DATA + 0x228, SYMBOL(3) | ELF_R_X86_64_64, 7 },
		{ DATA + 0x230, SYMBOL(3) | ELF_R_X86_64_GLOB_DAT, 0 },
		{ DATA + 0x238, ELF_R_X86_64_64, 5 },
	};
	static const struct elf_rela plt[] = {
		{ DATA + 0x240, SYMBOL(1) | ELF_R_X86_64_JUMP_SLOT, 0 },
		{ DATA + 0x248, ELF_R_X86_64_RELATIVE, 9 },
	};
	struct relocated_word word;
	uint64_t cursor = 0;

	begin_with_symbols(rela, COUNT(rela), plt, COUNT(plt));
	accept();
	EXPECT_EQUAL(kernel.relocations.word_count, 8);
	expect_word(&cursor, DATA + 0x200, DATA + 24, true);
	expect_word(&cursor, DATA + 0x218, DATA + 16, true);
	expect_word(&cursor, DATA + 0x220, 0x1235, false);
	expect_word(&cursor, DATA + 0x228, 7, false);
	expect_word(&cursor, DATA + 0x230, 0, false);
	expect_word(&cursor, DATA + 0x238, 5, false);
	expect_word(&cursor, DATA + 0x240, DATA + 16, true);
	expect_word(&cursor, DATA + 0x248, 9, true);
	EXPECT(!relocations_next_word(&kernel.relocations, &cursor, &word));
}

TEST("an undefined symbol is refused by its name, unless it is weak")
{
	static const uint32_t types[] = { ELF_R_X86_64_64, ELF_R_X86_64_GLOB_DAT,
		                          ELF_R_X86_64_JUMP_SLOT };

	for (unsigned i = 0; i < COUNT(types); i++) {
		struct elf_rela entries[] = { { DATA + 0x200, SYMBOL(3) | types[i], 0 },
			                      { DATA + 0x208, SYMBOL(4) | types[i], 0 } };

		begin_with_symbols(entries, 2, entries, 1);
		expect_refusal(DIAG_ELF_SYMBOL_UNDEFINED,
		               "strong_symbol, for entry 1 of DT_RELA, at 0x200208");
		begin_with_symbols(entries, 1, entries, 2);
		expect_refusal(DIAG_ELF_SYMBOL_UNDEFINED,
		               "strong_symbol, for entry 1 of DT_JMPREL, at 0x200208");
	}
}

TEST("a symbol without an address is refused by its name, and so is one that is not there")
{
	static const struct elf_rela entry = { DATA + 0x200, SYMBOL(1) | ELF_R_X86_64_64, 0 };
	struct elf_rela beyond = { DATA + 0x200, UINT64_C(0xffffffff) << 32 | ELF_R_X86_64_64, 0 };
	struct elf_symbol *symbols;

	begin_with_symbols(&entry, 1, &entry, 0);
	symbols = elf_at(SYMBOLS);
	symbols[1].info = 1 << 4 | ELF_STT_GNU_IFUNC;
	expect_refusal(DIAG_ELF_RELOCATION_TYPE, "own_symbol, which is an indirect function");
	symbols[1].info = 1 << 4 | ELF_STT_TLS;
	expect_refusal(DIAG_ELF_RELOCATION_TYPE, "R_X86_64_64 for own_symbol, which is thread");
	symbols[1].info = 1 << 4;
	symbols[1].shndx = ELF_SHN_COMMON;
	expect_refusal(DIAG_ELF_RELOCATION_TYPE, "own_symbol, which is common");
	begin_with_symbols(&beyond, 1, &beyond, 0);
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "entry 0 of DT_RELA names symbol 4294967295");
	begin_with_symbols(&beyond, 0, &beyond, 1);
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "entry 0 of DT_JMPREL names symbol 4294967295");
}

TEST("symbols of another size are refused; a table of them elsewhere only if it is needed")
{
	static const struct elf_rela entry = { DATA + 0x200, SYMBOL(1) | ELF_R_X86_64_64, 0 };
	struct elf_dynamic *dynamic;

	begin_with_symbols(&entry, 1, &entry, 0);
	dynamic = elf_at(DATA);
	dynamic[5].value = 16;
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "DT_SYMENT is 16");
	dynamic[5].value = 24;
	for (unsigned i = 0; i < 3; i++) {
		static const uint64_t places[] = { 0, DATA + PAGE_SIZE, UINT64_MAX - 7 };

		dynamic[4].value = places[i];
		dynamic[1].value = sizeof(entry);
		expect_refusal(DIAG_ELF_DYNAMIC_BAD, "names symbol 1, which DT_SYMTAB does not");
		dynamic[1].value = 0;
		accept();
	}
}

TEST("entries of the procedure linkage table must aim at the kernel, past the tables")
{
	struct elf_rela entry = { DATA + 2 * PAGE_SIZE - 7, SYMBOL(1) | ELF_R_X86_64_64, 0 };

	begin_with_symbols(&entry, 0, &entry, 1);
	expect_refusal(DIAG_ELF_RELOCATION_OUTSIDE, "entry 0 of DT_JMPREL changes 8 bytes");
	entry.offset = RELA + 20;
	begin_with_symbols(&entry, 1, &entry, 1);
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "in a table of relocations");
}

TEST("the words of a kernel are returned as they are after relocation")
{
	static const struct elf_rela rela[] = {
		{ DATA + 0x200, ELF_R_X86_64_RELATIVE, 0x11 },
		{ DATA + 0x208, ELF_R_X86_64_RELATIVE, 0x22 },
		{ DATA + 0x210, SYMBOL(1) | ELF_R_X86_64_64, 0 },
		{ DATA + 0x220, ELF_R_X86_64_RELATIVE, 0x33 },
		{ DATA + 0x200, ELF_R_X86_64_RELATIVE, 0x44 }, /* again: the later counts */
		{ DATA + 0x210, ELF_R_X86_64_RELATIVE, 0x55 }, /* before those with symbols */
		{ DATA + 0x228, ELF_R_X86_64_RELATIVE, 0x66 },
		{ DATA + 0x230, ELF_R_X86_64_NONE, 0x77 },
	};
	static const struct elf_rela plt[] = {
		{ DATA + 0x228, SYMBOL(3) | ELF_R_X86_64_JUMP_SLOT, 0 },
	};

	begin_with_symbols(rela, COUNT(rela), plt, COUNT(plt));
	*(uint64_t *)elf_at(DATA + 0x218) = 0x1122334455667788;
	*(uint64_t *)elf_at(DATA + 0x230) = 0x99;
	accept();
	EXPECT_EQUAL(kernel.relocations.sorted, 4);
	EXPECT_EQUAL(kernel_word(&kernel, DATA + 0x200), 0x44);
	EXPECT_EQUAL(kernel_word(&kernel, DATA + 0x208), 0x22);
	EXPECT_EQUAL(kernel_word(&kernel, DATA + 0x210), DATA + 16);
	EXPECT_EQUAL(kernel_word(&kernel, DATA + 0x218), 0x1122334455667788);
	EXPECT_EQUAL(kernel_word(&kernel, DATA + 0x220), 0x33);
	EXPECT_EQUAL(kernel_word(&kernel, DATA + 0x228), 0);
	EXPECT_EQUAL(kernel_word(&kernel, DATA + 0x230), 0x99);
	EXPECT_EQUAL(kernel_word(&kernel, DATA + PAGE_SIZE - 7), 0);
	EXPECT_EQUAL(kernel_word(&kernel, UINT64_MAX), 0);
}

TEST("a dynamic section outside the file is refused")
{
	begin_with_dynamic((struct elf_dynamic[]){ { 0x1e, 8 } }, 1);
	elf_programs[2].offset = elf_size - 31;
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "PT_DYNAMIC takes 32 bytes");
	elf_programs[2].offset = UINT64_MAX;
	expect_refusal(DIAG_ELF_DYNAMIC_BAD, "from byte 18446744073709551615 on");
}

/* A kernel that needs the library whose name begins `at` bytes into a table of `size`. */
static void begin_with_library(uint64_t at, uint64_t size)
{
	struct elf_dynamic dynamic[] = { { ELF_DT_NEEDED, at },
		                         { ELF_DT_STRTAB, NAMES },
		                         { ELF_DT_STRSZ, size } };

	begin_with_dynamic(dynamic, COUNT(dynamic));
	memcpy(elf_at(NAMES), "\0libc.so.6\0x", 12);
}

TEST("a kernel that needs a library is refused with the library's name")
{
	begin_with_library(1, 11);
	expect_refusal(DIAG_ELF_NEEDS_LIBRARY, "it asks for libc.so.6");
}

TEST("a library's name that cannot be read is not read")
{
	begin_with_library(1, 10); /* no zero after it */
	expect_refusal(DIAG_ELF_NEEDS_LIBRARY, "DT_NEEDED is present");
	begin_with_library(100, 11);
	expect_refusal(DIAG_ELF_NEEDS_LIBRARY, "DT_NEEDED is present");
	begin_with_library(UINT64_MAX, 11);
	expect_refusal(DIAG_ELF_NEEDS_LIBRARY, "DT_NEEDED is present");
	begin_with_library(1, UINT64_MAX);
	expect_refusal(DIAG_ELF_NEEDS_LIBRARY, "DT_NEEDED is present");
}

TEST("a library's name without end is cut")
{
	begin_with_library(1, 400);
	memset(elf_at(NAMES), 'n', 300);
	memset(elf_at(NAMES + 300), 0, 1);
	expect_refusal(DIAG_ELF_NEEDS_LIBRARY, "nnnn");
	EXPECT(strlen(report.findings[0].detail) < 100);
}

/* --- all together --- */

TEST("random damage to tables ends in a sound kernel or in one refusal")
{
	static const uint64_t words[] = { DATA + 8, 0xff, DATA + PAGE_SIZE };
	static const struct elf_rela entries[] = { { DATA + 0x200, 8, MIB },
		                                   { DATA + 0x208, 8, 0 } };
	uint64_t seed = 4;
	unsigned accepted = 0;

	for (unsigned i = 0; i < 20000; i++) {
		struct elf_dynamic dynamic[] = { { ELF_DT_RELA, RELA },
			                         { ELF_DT_RELASZ, sizeof(entries) },
			                         { ELF_DT_RELR, RELR },
			                         { ELF_DT_RELRSZ, sizeof(words) } };
		static const uint64_t places[] = { DATA, RELA, RELR };

		begin_pie();
		memcpy(elf_at(RELA), entries, sizeof(entries));
		memcpy(elf_at(RELR), words, sizeof(words));
		put_dynamic(DATA, dynamic, COUNT(dynamic));
		for (uint64_t harm = check_below(&seed, 4); harm > 0; harm--)
			*(uint8_t *)elf_at(places[check_below(&seed, 3)] + check_below(&seed, 80)) =
				(uint8_t)check_random(&seed);
		memset(&report, 0, sizeof(report));
		if (kernel_read(&kernel, elf_file(), 48, &report)) {
			EXPECT(kernel_fault(&kernel, 48) == NULL);
			accepted++;
		} else {
			EXPECT_EQUAL(report.count, 1);
		}
	}
	EXPECT(accepted > 1000);
}
