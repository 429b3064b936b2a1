/* SPDX-License-Identifier: MIT */
/* multiboot_sections.h - the section headers that a Multiboot kernel gets. */
#ifndef PROTOCOLS_MULTIBOOT_SECTIONS_H
#define PROTOCOLS_MULTIBOOT_SECTIONS_H

#include "core/plan/plan.h"

/* The kernel's section headers, as they lie in its file. */
struct multiboot_sections {
	struct span headers;
	uint32_t count, entry_size;
	uint32_t names; /* number of the section with the sections' names */
};

/* Finds the section headers; false if the file has none. */
bool multiboot_find_sections(struct span file, struct multiboot_sections *sections);

/*
 * Loads the sections that no segment brings, together, where memory is free, and writes their
 * addresses into the copied headers. If there is no such memory, it warns and writes none. False,
 * with the reason in the report, if the plan has no room.
 */
bool multiboot_load_sections(struct plan *plan, const struct multiboot_sections *sections,
                             uint8_t *headers);

#endif
