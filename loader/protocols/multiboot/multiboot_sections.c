/* SPDX-License-Identifier: MIT */
/*
 * multiboot_sections.c - the ELF section headers that Multiboot hands over, so that a kernel finds
 * its own symbols. Sections that no segment brings, such as symbols, strings and debug data, are
 * loaded as well, and their headers say where.
 */
#include "protocols/multiboot/multiboot_sections.h"

#include "core/plan/allocate.h"

/* Section `number`, and its bytes in the file if they are to be loaded: no segment brings them. */
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

bool multiboot_load_sections(struct plan *plan, const struct sections *sections, uint8_t *headers)
{
	struct placement placement = { .use = USE_BOOT_INFO };
	struct elf_section_header section;
	struct span bytes;
	uint64_t first;

	placement.from = find_loose(sections, &first);
	if (placement.from.size == 0)
		return true;
	if (!plan_find(plan, placement.from.size, PAGE_SIZE, first, plan->machine->identity_limit,
	               &placement.phys)) {
		warn(plan->report, DIAG_SYMBOLS_LEFT_OUT, "they take %llu KiB",
		     ULL(placement.from.size / KIB));
		return true;
	}
	for (uint32_t i = 0; read_loose(sections, i, &section, &bytes); i++) {
		if (bytes.size != 0)
			section_set_address(sections, headers, i,
			                    placement.phys.begin + (section.offset - first));
	}
	return plan_add(plan, placement);
}
