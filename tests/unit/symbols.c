/* SPDX-License-Identifier: MIT */
/*
 * symbols.c - checks what core/elf/symbols.h promises, for good tables and for each kind of bad
 * one.
 */
#include "add_symbols.h"

#include "core/elf/symbols.h"

#define NAMES UINT64_C(0xffffa00000400000)
#define ROOM  20000

static struct report report;
static struct symbol list[ROOM], spare[ROOM];
static uint64_t count;
static struct symbols found;

static const struct virt_range kernel = { 0x100000, 0x200000 };

/* The symbols of a file. */
static struct symbols find(struct span file)
{
	static struct elf elf;

	elf_open(&elf, file);
	return symbols_find(&elf, &report);
}

/* Finds and writes the symbols of the file. */
static void read_all(uint64_t slide)
{
	memset(&report, 0, sizeof(report));
	found = find(elf_file());
	EXPECT(symbols_list_size(&found) <= sizeof(list));
	count = symbols_write(&found, kernel, slide, NAMES, list, spare);
	EXPECT(count * sizeof(*list) <= symbols_list_size(&found));
}

/* The name of a symbol that was written. */
static const char *name_of(uint64_t number)
{
	EXPECT(number < count && list[number].name - NAMES < found.names.size);
	return (const char *)found.names.bytes + (list[number].name - NAMES);
}

/* A small kernel with three symbols, out of order. */
static void begin_named(void)
{
	static const struct named symbols[] = {
		{ "", 0, 0, true },
		{ "later", 0x100020, ELF_STT_FUNC, false },
		{ "table", 0x100030, ELF_STT_OBJECT, true },
		{ "first", 0x100000, ELF_STT_NOTYPE, false },
	};

	begin_small_elf();
	add_symbols(symbols, COUNT(symbols));
}

/* The tables must be found bad, with a warning, and no symbols. */
static void expect_bad(void)
{
	read_all(0);
	EXPECT_EQUAL(count, 0);
	EXPECT_EQUAL(symbols_list_size(&found), 0);
	EXPECT_EQUAL(report.count, 1);
	EXPECT_EQUAL(report.findings[0].code, DIAG_ELF_SYMBOLS_BAD);
	EXPECT(!report.findings[0].refusal);
}

TEST("functions, objects and labels are listed by address, with the slide")
{
	begin_named();
	read_all(0x1000000);
	EXPECT_EQUAL(count, 3);
	EXPECT_TEXT(name_of(0), "first");
	EXPECT_TEXT(name_of(1), "later");
	EXPECT_TEXT(name_of(2), "table");
	EXPECT_EQUAL(list[1].address, 0x1100020);
	EXPECT_EQUAL(report.count, 0);
}

TEST("the symbols of an ELF32 file are also read")
{
	static struct {
		struct elf32_header head;
		struct elf32_section_header sections[3];
		struct elf32_symbol symbols[2];
		char names[16];
	} file = {
		.head = { .ident = { 0x7f, 'E', 'L', 'F', ELF_CLASS_32, ELF_DATA_LITTLE, 1 },
		          .shoff = sizeof(struct elf32_header),
		          .shentsize = sizeof(struct elf32_section_header),
		          .shnum = 3 },
		.symbols = { { .name = 7, .value = 0x100020, .info = 0x12, .shndx = 1 },
		             { .name = 1, .value = 0x100010, .info = 0x12, .shndx = 1 } },
		.names = "\0first\0later",
	};

	file.sections[1] = (struct elf32_section_header){
		.type = ELF_SHT_SYMTAB, .offset = 52 + 3 * 40, .size = 32, .link = 2, .entsize = 16
	};
	file.sections[2] =
		(struct elf32_section_header){ .type = 3, .offset = 52 + 3 * 40 + 32, .size = 13 };
	memset(&report, 0, sizeof(report));
	found = find((struct span){ (uint8_t *)&file, sizeof(file) });
	count = symbols_write(&found, kernel, 0, NAMES, list, spare);
	EXPECT_EQUAL(report.count, 0);
	EXPECT_EQUAL(count, 2);
	EXPECT_TEXT(name_of(0), "first");
	EXPECT_TEXT(name_of(1), "later");
	EXPECT_EQUAL(list[1].address, 0x100020);
	file.sections[1].entsize = 24;
	find((struct span){ (uint8_t *)&file, sizeof(file) });
	EXPECT_EQUAL(report.findings[0].code, DIAG_ELF_SYMBOLS_BAD);
}

TEST("files, sections, the nameless, the undefined and those outside the kernel are left out")
{
	static const struct named symbols[] = {
		{ "file.c", 0x100000, 4, true },
		{ "", 0x100000, ELF_STT_FUNC, false },
		{ ".text", 0x100000, 3, true },
		{ "COM1", 0x3f8, ELF_STT_NOTYPE, true },
		{ "end", 0x200000, ELF_STT_NOTYPE, false },
		{ "elsewhere", 0x100010, ELF_STT_FUNC, false },
	};

	begin_small_elf();
	add_symbols(symbols, COUNT(symbols));
	((struct elf_symbol *)(void *)(elf_sections + SECTIONS))[5].shndx = 0;
	read_all(0);
	EXPECT_EQUAL(count, 0);
	EXPECT_EQUAL(report.count, 0);
}

TEST("of several names for an address, the one that says most comes first")
{
	static const struct named symbols[] = {
		{ "text_begin", 0x100000, ELF_STT_NOTYPE, false },
		{ "local", 0x100000, ELF_STT_FUNC, true },
		{ "global", 0x100000, ELF_STT_FUNC, false },
		{ "data", 0x100000, ELF_STT_OBJECT, false },
	};

	begin_small_elf();
	add_symbols(symbols, COUNT(symbols));
	read_all(0);
	EXPECT_EQUAL(count, 4);
	EXPECT_TEXT(name_of(0), "global");
	EXPECT_TEXT(name_of(1), "local");
	EXPECT_TEXT(name_of(2), "data");
	EXPECT_TEXT(name_of(3), "text_begin");
}

TEST("any number in any order is sorted")
{
	static struct named symbols[ROOM];
	uint64_t state = 88172645463325252;

	for (unsigned n = 0; n <= ROOM; n = n < 70 ? n + 1 : n * 7 + 1) {
		for (unsigned i = 0; i < n; i++)
			symbols[i] = (struct named){ "x", 0x100000 + check_below(&state, 0x100000),
				                     ELF_STT_FUNC, false };
		begin_small_elf();
		add_symbols(symbols, n);
		read_all(0);
		EXPECT_EQUAL(count, n);
		for (unsigned i = 1; i < n; i++)
			EXPECT(list[i - 1].address <= list[i].address);
	}
}

TEST("a file without symbols has none, without a warning")
{
	begin_small_elf();
	read_all(0);
	EXPECT_EQUAL(count, 0);
	EXPECT_EQUAL(report.count, 0);
}

TEST("a file that is not ELF64 has none, without a warning")
{
	begin_named();
	elf_head->ident[ELF_CLASS] = 1;
	read_all(0);
	EXPECT_EQUAL(count, 0);
	EXPECT_EQUAL(report.count, 0);
}

TEST("section headers outside the file cause a warning")
{
	begin_named();
	elf_head->shoff = elf_size - 63;
	expect_bad();
	begin_named();
	elf_head->shoff = UINT64_MAX - 31;
	expect_bad();
	begin_named();
	elf_head->shentsize = 40;
	expect_bad();
}

TEST("symbols outside the file cause a warning")
{
	begin_named();
	elf_sections[1].offset = elf_size;
	expect_bad();
	begin_named();
	elf_sections[1].size = UINT64_MAX;
	expect_bad();
	begin_named();
	elf_sections[1].entsize = 16;
	expect_bad();
}

TEST("names outside the file, or without an end, cause a warning")
{
	begin_named();
	elf_sections[2].offset = elf_size - 1;
	expect_bad();
	begin_named();
	elf_sections[2].size--;
	expect_bad();
	begin_named();
	elf_sections[2].size = 0;
	expect_bad();
	begin_named();
	elf_sections[1].link = 3;
	expect_bad();
	begin_named();
	elf_sections[1].link = UINT32_MAX;
	expect_bad();
}

TEST("a name beyond the names, and half an entry, are left out")
{
	begin_named();
	((struct elf_symbol *)(void *)(elf_sections + SECTIONS))[1].name = 0x7fffffff;
	elf_sections[1].size -= 5;
	read_all(0);
	EXPECT_EQUAL(count, 1);
	EXPECT_TEXT(name_of(0), "table");
}

TEST("no file, cut anywhere, is read past its end")
{
	begin_named();
	for (uint64_t size = 0; size <= elf_size; size++) {
		memset(&report, 0, sizeof(report));
		found = find(elf_start(size));
		symbols_write(&found, kernel, 0, NAMES, list, spare);
	}
}
