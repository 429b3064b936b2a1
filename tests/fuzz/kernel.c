/* SPDX-License-Identifier: MIT */
/*
 * kernel.c - any bytes as a kernel's file: it is refused with one reason, or sound; and its
 * sections, symbols and relocations are read within the file.
 */
#include "core/elf/read.h"
#include "fuzz.h"

#include "core/elf/relocate.h"
#include "core/elf/symbols.h"
#include "unit/sound.h"

static const struct virt_range everywhere = { 0, UINT64_MAX };

/* A span must be in the file: the first and the last byte are read. */
static void expect_inside(struct span part, struct span file)
{
	uint8_t byte;

	if (part.size == 0)
		return;
	EXPECT(part.bytes >= file.bytes && part.size <= file.size);
	EXPECT((uint64_t)(part.bytes - file.bytes) <= file.size - part.size);
	EXPECT(span_read(part, 0, &byte, 1) && span_read(part, part.size - 1, &byte, 1));
}

/* The sections of any file: their headers, bytes and names are in it, and names end. */
static void read_sections(const struct elf *elf)
{
	struct elf_section_header section, other;
	struct sections sections;
	uint32_t count = 0;

	if (!sections_find(elf, &sections))
		EXPECT_EQUAL(sections.count, 0);
	expect_inside(sections.headers, elf->file);
	EXPECT_EQUAL(sections.headers.size, (uint64_t)sections.count * elf_section_size(elf));
	for (; section_read(&sections, count, &section); count++) {
		const char *name = section_name(&sections, &section);

		expect_inside(section_bytes(&sections, &section), elf->file);
		EXPECT(strlen(name) < elf->file.size);
		if (count < 64)
			EXPECT(section_find(&sections, name, &other));
	}
	EXPECT_EQUAL(count, sections.count);
}

/* The words of a kernel, at the beginning and the end of its segments and where it is relocated. */
static void read_words(const struct kernel *kernel)
{
	struct elf_rela entry;

	for (unsigned i = 0; i < kernel->segment_count; i++) {
		kernel_word(kernel, kernel->segments[i].virt.begin);
		kernel_word(kernel, kernel->segments[i].virt.end - 4);
		kernel_string(kernel, kernel->segments[i].virt.begin);
	}
	for (uint64_t at = 0; at < 64 * sizeof(entry)
	                      && span_read(kernel->relocations.rela, at, &entry, sizeof(entry));
	     at += sizeof(entry))
		kernel_word(kernel, entry.offset);
}

/* The symbols of any file: sorted, in the kernel, with names that end. */
static void read_symbols(const struct elf *elf, struct virt_range virt)
{
	static struct report report;
	struct symbols symbols;
	struct symbol *list, *spare;
	uint64_t count;

	memset(&report, 0, sizeof(report));
	symbols = symbols_find(elf, &report);
	list = malloc((size_t)symbols_list_size(&symbols) + 1);
	spare = malloc((size_t)symbols_list_size(&symbols) + 1);
	count = symbols_write(&symbols, virt, 0, 0, list, spare);
	EXPECT(count * sizeof(*list) <= symbols_list_size(&symbols));
	for (uint64_t i = 0; i < count; i++) {
		EXPECT(list[i].address >= virt.begin && list[i].address < virt.end);
		EXPECT(i == 0 || list[i - 1].address <= list[i].address);
		EXPECT(list[i].name < symbols.names.size);
	}
	free(list);
	free(spare);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct kernel kernel;
	static struct report report;
	struct span file = { bytes, size };
	struct elf elf;

	for (unsigned bits = 48; bits <= 57; bits += 9) {
		memset(&report, 0, sizeof(report));
		if (kernel_read(&kernel, file, bits, &report)) {
			EXPECT_EQUAL(report.count, 0);
			expect_no_fault(kernel_fault(&kernel, bits));
			read_symbols(&kernel.elf, kernel.virt);
			read_words(&kernel);
		} else {
			struct diag_entry entry;

			EXPECT_EQUAL(report.count, 1);
			EXPECT(diag_find(report.findings[0].code, &entry));
		}
	}
	elf_open(&elf, file);
	expect_inside(elf.programs, file);
	read_sections(&elf);
	read_symbols(&elf, everywhere);
	return 0;
}
