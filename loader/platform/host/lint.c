/* SPDX-License-Identifier: MIT */
/* lint.c - warns about headers, sections and symbols of kernels that boot but will fail later. */
#define _GNU_SOURCE
#include "platform/host/lint.h"

#include "core/elf/relative.h"
#include "platform/host/lint_code.h"
#include "platform/host/lint_limine.h"
#include "platform/host/lint_strict.h"
#include "platform/host/lookup.h"
#include "protocols/bootloader011/abi.h"
#include "protocols/multiboot/multiboot_header.h"

#include <stdlib.h>
#include <string.h>

#define LARGE_DEBUG   MIB /* bytes; less than this is read quickly */
#define LARGE_PADDING (64 * KIB)
#define LARGE_ZEROES  (64 * KIB)
#define MAX_REGIONS   512
#define LONGEST_NAME  500 /* bytes of a name that are examined */

/* Segments that may be written and executed. */
static void lint_rights(const struct kernel *kernel, struct report *report)
{
	const uint8_t both = RIGHT_WRITE | RIGHT_EXECUTE;

	for (unsigned i = 0; i < kernel->segment_count; i++) {
		const struct segment *segment = &kernel->segments[i];

		if ((segment->rights & both) == both)
			warn(report, DIAG_LINT_WRITABLE_CODE, "segment %u at %#llx-%#llx is %s",
			     segment->header, ULL(segment->virt.begin), ULL(segment->virt.end),
			     rights_name(segment->rights));
	}
}

/* True if code may run on the stack that the kernel is entered with. */
static bool stack_is_executable(const struct plan *plan)
{
	struct virt_range top = { plan->entry.rsp - 1, plan->entry.rsp };

	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];

		if ((placement->rights & RIGHT_EXECUTE) != 0
		    && virt_overlap(placement_virtual(placement), top))
			return true;
	}
	return false;
}

/* Program headers that ask for what the loader does not provide. */
static void lint_headers(const struct plan *plan)
{
	struct elf_program_header program;

	if (stack_is_executable(plan))
		return;
	for (unsigned i = 0; elf_program(&plan->kernel->elf, i, &program); i++) {
		if (program.type == ELF_PT_GNU_STACK && (program.flags & ELF_PF_X) != 0)
			warn(plan->report, DIAG_LINT_EXECUTABLE_STACK,
			     "program header %u, PT_GNU_STACK, has PF_X", i);
	}
}

/* The entry point, which should be _start; unless the kernel asks to be entered elsewhere. */
static void lint_entry(const struct plan *plan, const struct symbols *symbols,
                       struct report *report)
{
	const struct kernel *kernel = plan->kernel;
	const char *name = symbol_name_at(symbols, kernel->entry.at);
	struct elf_symbol start;

	if (symbols_count(symbols) == 0 || plan->entry.rip != kernel->entry.at + plan->slide)
		return;
	if (symbol_find(symbols, "_start", &start)) {
		if (start.value != kernel->entry.at)
			warn(report, DIAG_LINT_ENTRY,
			     "_start is at %#llx, but e_entry is %#llx (%.80s)", ULL(start.value),
			     ULL(kernel->entry.at), name != NULL ? name : "no symbol");
	} else if (name == NULL) {
		warn(report, DIAG_LINT_ENTRY, "e_entry is %#llx, where no symbol begins",
		     ULL(kernel->entry.at));
	} else {
		warn(report, DIAG_LINT_ENTRY, "e_entry is %#llx (%.80s); there is no _start",
		     ULL(kernel->entry.at), name);
	}
}

uint64_t lint_debug_size(const struct sections *sections)
{
	struct elf_section_header section;
	uint64_t size = 0;

	for (uint32_t i = 0; section_read(sections, i, &section); i++) {
		const char *name = section_name(sections, &section);

		if (strncmp(name, ".debug", 6) == 0 || strncmp(name, ".zdebug", 7) == 0)
			size += section_bytes(sections, &section).size;
	}
	return size;
}

/* Debug data, which is read from the disc for nothing. */
static void lint_debug(const struct kernel *kernel, const struct sections *sections,
                       struct report *report)
{
	uint64_t size = lint_debug_size(sections);
	char detail[160];
	struct text text = text_in(detail, sizeof(detail));

	if (size < LARGE_DEBUG)
		return;
	text_add_size(&text, size);
	text_add(&text, " of the file's ");
	text_add_size(&text, kernel->elf.file.size);
	text_add(&text, " are debug data");
	warn(report, DIAG_LINT_DEBUG_DATA, "%s", detail);
}

/* For qsort(): by begin. */
static int compare_ranges(const void *a, const void *b)
{
	const struct phys_range *one = a, *other = b;

	return one->begin < other->begin ? -1 : one->begin > other->begin;
}

/* Bytes of [0, size) that none of the ranges covers. Sorts them. */
static uint64_t uncovered(struct phys_range *ranges, unsigned count, uint64_t size)
{
	uint64_t at = 0, left = 0;

	qsort(ranges, count, sizeof(*ranges), compare_ranges);
	for (unsigned i = 0; i < count; i++) {
		if (ranges[i].begin > at)
			left += ranges[i].begin - at;
		at = max_u64(at, ranges[i].end);
	}
	return left + (at < size ? size - at : 0);
}

uint64_t lint_padding_size(const struct kernel *kernel, const struct sections *sections)
{
	const struct elf_header *header = &kernel->elf.header;
	struct phys_range regions[MAX_REGIONS];
	struct elf_section_header section;
	unsigned count = 0;

	regions[count++] = (struct phys_range){ 0, sizeof(*header) };
	regions[count++] =
		(struct phys_range){ header->phoff, header->phoff + kernel->elf.programs.size };
	regions[count++] =
		(struct phys_range){ header->shoff, header->shoff + sections->headers.size };
	for (unsigned i = 0; i < kernel->segment_count; i++)
		regions[count++] = (struct phys_range){ kernel->segments[i].offset,
			                                kernel->segments[i].offset
			                                        + kernel->segments[i].file.size };
	for (uint32_t i = 0; section_read(sections, i, &section); i++) {
		uint64_t size = section_bytes(sections, &section).size;

		if (count == MAX_REGIONS)
			return 0; /* too many to find out */
		regions[count++] = (struct phys_range){ section.offset, section.offset + size };
	}
	return uncovered(regions, count, kernel->elf.file.size);
}

/* Bytes that the file has only because of alignment. */
static void lint_padding(const struct kernel *kernel, const struct sections *sections,
                         struct report *report)
{
	uint64_t size = lint_padding_size(kernel, sections);
	uint64_t align = 1;
	char detail[160];
	struct text text = text_in(detail, sizeof(detail));

	if (size < LARGE_PADDING)
		return;
	for (unsigned i = 0; i < kernel->segment_count; i++)
		align = max_u64(align, kernel->segments[i].align);
	text_add_size(&text, size);
	text_add(&text, " of the file's ");
	text_add_size(&text, kernel->elf.file.size);
	text_add(&text, " are padding; segments are aligned to ");
	text_add_size(&text, align);
	warn(report, DIAG_LINT_PADDING, "%s", detail);
}

/* Zero bytes at the end of a segment's bytes in the file. */
static uint64_t zeroes_at_end(const struct segment *segment)
{
	uint64_t at = segment->file.size;
	uint8_t byte;

	while (at > 0 && span_read(segment->file, at - 1, &byte, 1) && byte == 0)
		at--;
	return segment->file.size - at;
}

/* Zeroes that could be .bss. */
static void lint_zeroes(const struct kernel *kernel, struct report *report)
{
	for (unsigned i = 0; i < kernel->segment_count; i++) {
		uint64_t size = zeroes_at_end(&kernel->segments[i]);
		char detail[160];
		struct text text = text_in(detail, sizeof(detail));

		if (size < LARGE_ZEROES)
			continue;
		text_add(&text, "segment %u ends in ", kernel->segments[i].header);
		text_add_size(&text, size);
		text_add(&text, " of zeros that are stored in the file");
		warn(report, DIAG_LINT_ZEROES, "%s", detail);
	}
}

/* A position-independent kernel in which nothing is relocated although something should be: there
 * are relocations that PT_DYNAMIC does not refer to, or there is no PT_DYNAMIC. */
static void lint_relocations(const struct plan *plan, const struct sections *sections,
                             struct report *report)
{
	const struct kernel *kernel = plan->kernel;
	struct elf_section_header section;
	struct elf_program_header dynamic;
	const char *lost = NULL;

	if (!elf_find_program(&kernel->elf, ELF_PT_DYNAMIC, &dynamic))
		lost = "there is no PT_DYNAMIC";
	if (!kernel->position_independent || plan->slide == 0 || kernel->relocations.rela.size != 0
	    || kernel->relocations.relr.size != 0)
		return;
	for (uint32_t i = 0; lost == NULL && section_read(sections, i, &section); i++) {
		if (section.type == ELF_SHT_RELA && section.size > 0
		    && (section.flags & ELF_SHF_ALLOC) != 0)
			lost = section_name(sections, &section);
	}
	if (lost != NULL)
		warn(report, DIAG_LINT_NOT_RELOCATED,
		     "it is linked at %#llx and runs at %#llx; %.40s%s", ULL(kernel->virt.begin),
		     ULL(kernel->virt.begin + plan->slide), lost,
		     lost[0] == '.' ? " is not in the dynamic section" : "");
}

/* Indirect functions in a kernel at a fixed address: nothing calls their resolvers. In a
 * position-independent kernel, the loader refuses the relocations for them. */
static void lint_ifunc(const struct kernel *kernel, const struct sections *sections,
                       const struct symbols *symbols, struct report *report)
{
	struct elf_section_header section;
	struct elf_symbol symbol;
	uint32_t number;

	if (kernel->position_independent)
		return;
	for (uint32_t i = 0; symbol_read(symbols, i, &symbol); i++) {
		if (elf_symbol_type(&symbol) == ELF_STT_GNU_IFUNC) {
			warn(report, DIAG_LINT_IFUNC, "%.80s, with its resolver at %#llx",
			     symbol_name(symbols, &symbol), ULL(symbol.value));
			return;
		}
	}
	for (uint32_t i = 0; section_read(sections, i, &section); i++) {
		if (section.type == ELF_SHT_RELA && (section.flags & ELF_SHF_ALLOC) != 0
		    && rela_find(section_bytes(sections, &section), ELF_R_X86_64_IRELATIVE,
		                 &number)) {
			warn(report, DIAG_LINT_IFUNC, "entry %u of %.40s is R_X86_64_IRELATIVE",
			     number, section_name(sections, &section));
			return;
		}
	}
}

/* Names for the explanation of faults. */
static void lint_symbols(const struct symbols *symbols, struct report *report)
{
	if (symbols_count(symbols) == 0)
		warn(report, DIAG_LINT_NO_SYMBOLS, "the file has no symbol table (.symtab)");
}

/* Programs for an operating system. */
static void lint_program(const struct sections *sections, const struct symbols *symbols,
                         struct report *report)
{
	struct elf_section_header section;
	struct elf_symbol symbol;

	if (section_find(sections, ".note.ABI-tag", &section))
		warn(report, DIAG_LINT_PROGRAM, "it has a section .note.ABI-tag");
	else if (symbol_find(symbols, "__libc_start_main", &symbol))
		warn(report, DIAG_LINT_PROGRAM, "it contains __libc_start_main");
}

/* True if a name has `part` in it, within its first few hundred characters: many symbols of a
 * hostile file may share a name of megabytes. */
static bool mentions(const char *name, const char *part)
{
	return memmem(name, strnlen(name, LONGEST_NAME), part, strlen(part)) != NULL;
}

/* Kernels made for the Rust crate bootloader that are started natively: up to 0.10, only the names
 * of the functions that they use show that; from 0.11 on, a section does. */
static void lint_bootloader(const struct plan *plan, const struct sections *sections,
                            const struct symbols *symbols, struct report *report)
{
	struct elf_section_header section;
	struct elf_symbol symbol;

	if (strcmp(plan->protocol, "native") != 0)
		return;
	if (section_find(sections, RB11_SECTION, &section)) {
		warn(report, DIAG_LINT_BOOTLOADER,
		     "it has a section " RB11_SECTION ", so it is made for 0.11");
		return;
	}
	for (uint32_t i = 0; symbol_read(symbols, i, &symbol); i++) {
		const char *name = symbol_name(symbols, &symbol);

		bool old = mentions(name, "10bootloader8bootinfo");

		if (old || mentions(name, "10bootloader9boot_info")) {
			warn(report, DIAG_LINT_BOOTLOADER, "it uses bootloader::%s, in %.60s",
			     old ? "bootinfo, as of 0.9" : "boot_info, as of 0.10", name);
			return;
		}
	}
}

/* Multiboot headers that are not quite right. */
static void lint_multiboot(const struct kernel *kernel, struct report *report)
{
	static const struct multiboot_version *const versions[] = { &multiboot_version_1,
		                                                    &multiboot_version_2 };

	for (unsigned i = 0; i < COUNT(versions); i++) {
		char detail[160];
		struct text text = text_in(detail, sizeof(detail));
		enum diag code;
		uint64_t at;

		if (!multiboot_find(kernel->elf.file, versions[i], &at)
		    && multiboot_mistake(kernel->elf.file, versions[i], &code, &text))
			warn(report, DIAG_LINT_MULTIBOOT, "%s (K%u)", detail, (unsigned)code);
	}
}

/* True if the kernel begins in 64-bit mode. Multiboot kernels begin in 32-bit mode: their code must
 * be decoded differently, and they are not relocated. */
static bool is_entered_in_64_bits(const struct plan *plan)
{
	return (plan->entry.flags & LAUNCH_PROTECTED_MODE) == 0;
}

void lint(const struct plan *plan, const struct sections *sections, const struct symbols *symbols)
{
	struct report *report = plan->report;

	lint_zeroes(plan->kernel, report);
	if (elf_is_class_64(&plan->kernel->elf))
		lint_strict(plan, sections, symbols);
	if (!is_entered_in_64_bits(plan))
		return;
	lint_program(sections, symbols, report);
	lint_rights(plan->kernel, report);
	lint_headers(plan);
	lint_entry(plan, symbols, report);
	lint_limine(plan);
	lint_bootloader(plan, sections, symbols, report);
	lint_multiboot(plan->kernel, report);
	lint_relocations(plan, sections, report);
	lint_ifunc(plan->kernel, sections, symbols, report);
	lint_code(plan, sections, symbols);
	lint_symbols(symbols, report);
	lint_debug(plan->kernel, sections, report);
	lint_padding(plan->kernel, sections, report);
}
