/* SPDX-License-Identifier: MIT */
/* multiboot_sections.h - the section headers that a Multiboot kernel gets. */
#ifndef PROTOCOLS_MULTIBOOT_SECTIONS_H
#define PROTOCOLS_MULTIBOOT_SECTIONS_H

#include "core/elf/sections.h"
#include "core/plan/plan.h"
#include "protocols/writer.h"

struct multiboot_sections {
	struct sections all;
	struct span loose; /* from the first to the last byte of all sections in no segment */
	uint64_t loose_at; /* where in the file they begin */
	uint64_t loaded;   /* physical address that they are loaded to, or 0 */
};

/* The sections of the kernel's file, which lasts as long as they do. */
struct multiboot_sections multiboot_find_sections(const struct kernel *kernel);

/* Loads the sections that are in no segment, as one block, to free memory. If there is none, it
 * warns and loads none. False, with the reason in the report, if the plan is full. */
bool multiboot_load_sections(struct plan *plan, struct multiboot_sections *sections);

/* Appends the section headers, with the addresses of those that were loaded. */
uint64_t multiboot_write_sections(struct writer *writer, const struct multiboot_sections *sections);

#endif
