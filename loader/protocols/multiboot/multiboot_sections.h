/* SPDX-License-Identifier: MIT */
/* multiboot_sections.h - the section headers that a Multiboot kernel gets. */
#ifndef PROTOCOLS_MULTIBOOT_SECTIONS_H
#define PROTOCOLS_MULTIBOOT_SECTIONS_H

#include "core/elf/sections.h"
#include "core/plan/plan.h"

/*
 * Loads the sections that no segment brings, together, where memory is free, and writes their
 * addresses into the copied headers. If there is no such memory, it warns and writes none. False,
 * with the reason in the report, if the plan has no room.
 */
bool multiboot_load_sections(struct plan *plan, const struct sections *sections, uint8_t *headers);

#endif
