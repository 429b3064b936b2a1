/* SPDX-License-Identifier: MIT */
/*
 * multiboot_sections.c - the ELF section headers that Multiboot passes on, so that a kernel finds
 * its own symbols. Sections that are in no segment, such as symbols, strings and debug data, are
 * loaded as well, and their headers say where.
 */
#include "protocols/multiboot/multiboot_sections.h"

#include "core/plan/allocate.h"

/* Section `number`, and its bytes in the file if no segment loads them. */
static bool read_loose(const struct sections *sections, uint32_t number,
                       struct elf_section_header *section, struct span *bytes)
{
	if (!section_read(sections, number, section))
		return false;
	*bytes = section->addr == 0 ? section_bytes(sections, section) : (struct span){ NULL, 0 };
	return true;
}

/* The part of the file from the first to the last byte of all sections that are to be loaded, which
 * begins at byte *at. */
static struct span find_loose(const struct sections *sections, uint64_t *at)
{
	struct elf_section_header section;
	struct span bytes, part;
	uint64_t end = 0;

	*at = sections->elf->file.size;
	for (uint32_t i = 0; read_loose(sections, i, &section, &bytes); i++) {
		if (bytes.size != 0) {
			*at = min_u64(*at, section.offset);
			end = max_u64(end, section.offset + bytes.size);
		}
	}
	if (end != 0)
		span_part(sections->elf->file, *at, end - *at, &part);
	return end != 0 ? part : (struct span){ NULL, 0 };
}

struct multiboot_sections multiboot_find_sections(const struct kernel *kernel)
{
	struct multiboot_sections sections = { .loaded = 0 };

	sections_find(&kernel->elf, &sections.all);
	sections.loose = find_loose(&sections.all, &sections.loose_at);
	return sections;
}

bool multiboot_load_sections(struct plan *plan, struct multiboot_sections *sections)
{
	struct placement placement = { .use = USE_BOOT_INFO, .from = sections->loose };
	uint64_t size = sections->loose.size;

	if (size == 0)
		return true;
	if (!plan_find(plan, size, PAGE_SIZE, sections->loose_at, plan->machine->identity_limit,
	               &placement.phys)) {
		warn(plan->report, DIAG_SYMBOLS_LEFT_OUT, "they take %llu KiB", ULL(size / KIB));
		return true;
	}
	sections->loaded = placement.phys.begin;
	return plan_add(plan, placement);
}

uint64_t multiboot_write_sections(struct writer *writer, const struct multiboot_sections *sections)
{
	const struct sections *all = &sections->all;
	uint64_t at = writer_append(writer, all->headers.bytes, all->headers.size);
	uint8_t *headers = writer_at(writer, at);
	struct elf_section_header section;
	struct span bytes;

	for (uint32_t i = 0; headers != NULL && read_loose(all, i, &section, &bytes); i++) {
		if (bytes.size != 0 && sections->loaded != 0)
			section_set_address(all, headers, i,
			                    sections->loaded
			                            + (section.offset - sections->loose_at));
	}
	return at;
}
