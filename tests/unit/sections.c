/* SPDX-License-Identifier: MIT */
/* sections.c - checks what core/elf/headers.h and core/elf/sections.h promise, for ELF64 and ELF32
 * files, and for every way in which their tables can be wrong. */
#include "add_symbols.h"

#include "core/elf/sections.h"

#define NAMES "\0.text\0.names\0.bss"

static struct elf elf;
static struct sections sections;
static struct elf_section_header section;

/* Opens the file that was built. */
static bool find(void)
{
	elf_open(&elf, elf_file());
	return sections_find(&elf, &sections);
}

/* A small kernel with four sections: none, .text, the names, and .bss. */
static void begin_sections(void)
{
	uint64_t names;

	begin_small_elf();
	elf_head->shoff = align_up(elf_size, 8);
	elf_head->shentsize = 64;
	elf_head->shnum = 4;
	elf_head->shstrndx = 2;
	names = elf_head->shoff + 4 * 64;
	elf_sections = (struct elf_section_header *)(void *)(elf_bytes + elf_head->shoff);
	memset(elf_sections, 0, 4 * 64);
	elf_sections[1] = (struct elf_section_header){
		.name = 1, .type = 1, .addr = MIB, .offset = elf_programs[0].offset, .size = 64
	};
	elf_sections[2] = (struct elf_section_header){
		.name = 7, .type = 3, .offset = names, .size = sizeof(NAMES)
	};
	elf_sections[3] = (struct elf_section_header){
		.name = 14, .type = ELF_SHT_NOBITS, .addr = 2 * MIB, .size = 4096
	};
	memcpy(elf_bytes + names, NAMES, sizeof(NAMES));
	elf_size = names + sizeof(NAMES);
}

/* There must be no sections, and that must be a fault of the file or not. */
static void expect_none(bool sound)
{
	EXPECT_EQUAL(find(), sound);
	EXPECT_EQUAL(sections.count, 0);
	EXPECT_EQUAL(sections.names.size, 0);
	EXPECT(!section_read(&sections, 0, &section));
	EXPECT(!section_find(&sections, "", &section));
}

TEST("sections are found by number and by name, with their bytes")
{
	begin_sections();
	EXPECT(find());
	EXPECT_EQUAL(sections.count, 4);
	EXPECT_EQUAL(sections.names_in, 2);
	EXPECT(section_find(&sections, ".text", &section));
	EXPECT_EQUAL(section.addr, MIB);
	EXPECT_EQUAL(section_bytes(&sections, &section).size, 64);
	EXPECT(section_bytes(&sections, &section).bytes == elf.file.bytes + section.offset);
	EXPECT(section_read(&sections, 2, &section));
	EXPECT_TEXT(section_name(&sections, &section), ".names");
	EXPECT(!section_read(&sections, 4, &section));
	EXPECT(!section_read(&sections, UINT32_MAX, &section));
	EXPECT(!section_find(&sections, ".data", &section));
	EXPECT(!section_find(&sections, ".tex", &section));
}

TEST("a section without bytes in the file has none")
{
	begin_sections();
	EXPECT(find() && section_find(&sections, ".bss", &section));
	EXPECT_EQUAL(section_bytes(&sections, &section).size, 0);
	elf_sections[1].type = ELF_SHT_NULL;
	EXPECT(find() && section_read(&sections, 1, &section));
	EXPECT_EQUAL(section_bytes(&sections, &section).size, 0);
}

TEST("a section whose bytes lie outside the file has none, however large its numbers are")
{
	static const uint64_t places[][2] = { { 0, UINT64_MAX },
		                              { UINT64_MAX, 1 },
		                              { UINT64_MAX, UINT64_MAX },
		                              { UINT64_MAX - 63, 64 },
		                              { UINT64_C(1) << 63, UINT64_C(1) << 63 } };

	for (unsigned i = 0; i < COUNT(places); i++) {
		begin_sections();
		elf_sections[1].offset = places[i][0];
		elf_sections[1].size = places[i][1];
		EXPECT(find() && section_find(&sections, ".text", &section));
		EXPECT_EQUAL(section_bytes(&sections, &section).size, 0);
	}
	begin_sections();
	elf_sections[1].size = elf_size - elf_sections[1].offset;
	EXPECT(find() && section_find(&sections, ".text", &section));
	EXPECT_EQUAL(section_bytes(&sections, &section).size, section.size);
	elf_sections[1].size++;
	EXPECT(find() && section_find(&sections, ".text", &section));
	EXPECT_EQUAL(section_bytes(&sections, &section).size, 0);
}

TEST("numbers too large for the ELF header are taken from section header 0")
{
	begin_sections();
	elf_head->shnum = 0;
	elf_head->shstrndx = ELF_SHN_XINDEX;
	elf_sections[0].size = 4;
	elf_sections[0].link = 2;
	EXPECT(find());
	EXPECT_EQUAL(sections.count, 4);
	EXPECT_EQUAL(sections.names_in, 2);
	EXPECT(section_find(&sections, ".bss", &section));
	elf_sections[0].size = UINT64_C(0x400000001);
	expect_none(false);
	elf_sections[0].size = 0;
	expect_none(true);
}

TEST("names end with the last zero of their table, and bad names are empty")
{
	begin_sections();
	elf_sections[2].size -= 3; /* ".b" has no end now */
	EXPECT(find() && section_read(&sections, 3, &section));
	EXPECT_TEXT(section_name(&sections, &section), "");
	EXPECT(section_find(&sections, ".names", &section));
	elf_sections[1].name = UINT32_MAX;
	EXPECT(find() && section_read(&sections, 1, &section));
	EXPECT_TEXT(section_name(&sections, &section), "");
}

TEST("without a table of names no section has one")
{
	static const uint16_t numbers[] = { 0, 3, 4, 0xfff0 };

	for (unsigned i = 0; i < COUNT(numbers); i++) {
		begin_sections();
		elf_head->shstrndx = numbers[i];
		EXPECT(find() && section_read(&sections, 1, &section));
		EXPECT_TEXT(section_name(&sections, &section), "");
		EXPECT(!section_find(&sections, ".text", &section));
	}
}

TEST("a file that says it has no sections has none")
{
	begin_sections();
	elf_head->shoff = 0;
	expect_none(true);
	begin_small_elf();
	elf_head->shentsize = 0;
	elf_head->shoff = UINT64_MAX;
	expect_none(true);
}

TEST("section headers of another size, or not all in the file, do not count")
{
	static const uint64_t places[] = { UINT64_MAX, UINT64_MAX - 63, UINT64_MAX - 255,
		                           UINT64_C(1) << 63 };

	begin_sections();
	elf_head->shentsize = 40;
	expect_none(false);
	begin_sections();
	elf_head->shnum = 0xffff;
	expect_none(false);
	for (unsigned i = 0; i < COUNT(places); i++) {
		begin_sections();
		elf_head->shoff = places[i];
		expect_none(false);
	}
	begin_sections();
	elf_size = elf_head->shoff + 4 * 64;
	EXPECT(find());
	EXPECT_EQUAL(sections.count, 4);
	elf_size--;
	expect_none(false);
}

/* An ELF32 file of one program header and two sections. */
static struct {
	struct elf32_header head;
	struct elf32_program_header program;
	struct elf32_section_header sections[2];
	char names[12];
} small = {
	.head = { .ident = { 0x7f, 'E', 'L', 'F', ELF_CLASS_32, ELF_DATA_LITTLE, 1 },
	          .phoff = sizeof(struct elf32_header),
	          .phentsize = sizeof(struct elf32_program_header),
	          .phnum = 1,
	          .shoff = sizeof(struct elf32_header) + sizeof(struct elf32_program_header),
	          .shentsize = sizeof(struct elf32_section_header),
	          .shnum = 2,
	          .shstrndx = 1 },
	.program = { ELF_PT_LOAD, 1, 2, 3, 4, 5, 6, 7 },
	.sections = { { 0 }, { 1, 3, 2, 0xfffffffc, 164, 12, 7, 8, 9, 10 } },
	.names = "\0.shstrtab",
};

TEST("an ELF32 file is read like any other")
{
	struct elf_program_header program;

	EXPECT(elf_open(&elf, (struct span){ (uint8_t *)&small, sizeof(small) }));
	EXPECT(elf_program(&elf, 0, &program) && !elf_program(&elf, 1, &program));
	EXPECT(elf_find_program(&elf, ELF_PT_LOAD, &program));
	EXPECT_EQUAL(program.offset, 1);
	EXPECT_EQUAL(program.vaddr, 2);
	EXPECT_EQUAL(program.paddr, 3);
	EXPECT_EQUAL(program.filesz, 4);
	EXPECT_EQUAL(program.memsz, 5);
	EXPECT_EQUAL(program.flags, 6);
	EXPECT_EQUAL(program.align, 7);
	EXPECT(!elf_find_program(&elf, ELF_PT_TLS, &program));
	EXPECT(sections_find(&elf, &sections));
	EXPECT(section_find(&sections, ".shstrtab", &section));
	EXPECT_EQUAL(section.flags, 2);
	EXPECT_EQUAL(section.addr, 0xfffffffc);
	EXPECT_EQUAL(section.size, 12);
	EXPECT_EQUAL(section.link, 7);
	EXPECT_EQUAL(section.info, 8);
	EXPECT_EQUAL(section.addralign, 9);
	EXPECT_EQUAL(section.entsize, 10);
	EXPECT_EQUAL(section_bytes(&sections, &section).size, 12);
}

TEST("an address is written into a copy of the headers in the width of the file")
{
	uint8_t copy[4 * 64];

	EXPECT(elf_open(&elf, (struct span){ (uint8_t *)&small, sizeof(small) }));
	EXPECT(sections_find(&elf, &sections));
	span_read(sections.headers, 0, copy, 80);
	section_set_address(&sections, copy, 1, 0x12345678);
	EXPECT_EQUAL(((struct elf32_section_header *)(void *)copy)[1].addr, 0x12345678);
	EXPECT_EQUAL(((struct elf32_section_header *)(void *)copy)[1].offset, 164);
	begin_sections();
	EXPECT(find());
	span_read(sections.headers, 0, copy, sizeof(copy));
	section_set_address(&sections, copy, 3, 0x123456789a);
	EXPECT_EQUAL(((struct elf_section_header *)(void *)copy)[3].addr, 0x123456789a);
	EXPECT_EQUAL(((struct elf_section_header *)(void *)copy)[3].size, 4096);
}

TEST("program headers that are not all in the file, or of another size, do not count")
{
	struct elf_program_header program;

	begin_sections();
	elf_head->phoff = UINT64_MAX - 55;
	EXPECT(elf_open(&elf, elf_file()) && !elf_program(&elf, 0, &program));
	elf_head->phoff = elf_size - 55;
	EXPECT(elf_open(&elf, elf_file()) && !elf_program(&elf, 0, &program));
	elf_head->phoff = elf_size - 56;
	EXPECT(elf_open(&elf, elf_file()) && elf_program(&elf, 0, &program));
	EXPECT(!elf_program(&elf, 1, &program) && !elf_program(&elf, UINT32_MAX, &program));
	elf_head->phentsize = 32;
	EXPECT(elf_open(&elf, elf_file()) && !elf_program(&elf, 0, &program));
}

TEST("only a whole header makes a file known, and a damaged one still claims what it is")
{
	begin_sections();
	EXPECT(elf_open(&elf, elf_start(64)) && elf.known && elf_is_class_64(&elf));
	EXPECT(!elf_open(&elf, elf_start(63)) && !elf.known && elf_is_class_64(&elf));
	EXPECT(!elf_open(&elf, elf_start(5)) && elf_is_class_64(&elf));
	EXPECT(!elf_open(&elf, elf_start(4)) && !elf_is_class_64(&elf));
	elf_head->ident[ELF_DATA] = 2;
	EXPECT(!elf_open(&elf, elf_file()) && elf_is_class_64(&elf) && !elf.header.shoff);
	elf_head->ident[0] = 0x7e;
	EXPECT(!elf_open(&elf, elf_file()) && !elf_is_class_64(&elf));
	EXPECT(!elf_open(&elf, (struct span){ NULL, 0 }));
	EXPECT(sections_find(&elf, &sections) && sections.count == 0);
}

TEST("no file, cut anywhere, is read past its end")
{
	begin_sections();
	for (uint64_t size = 0; size <= elf_size; size++) {
		elf_open(&elf, elf_start(size));
		sections_find(&elf, &sections);
		for (uint32_t i = 0; section_read(&sections, i, &section); i++) {
			section_bytes(&sections, &section);
			section_name(&sections, &section);
		}
	}
}
