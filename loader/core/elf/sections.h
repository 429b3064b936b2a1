/* SPDX-License-Identifier: MIT */
/*
 * sections.h - the sections of an ELF file of either class. Loading a kernel needs none, so
 * malformed sections are not an error: they are treated as missing.
 */
#ifndef CORE_ELF_SECTIONS_H
#define CORE_ELF_SECTIONS_H

#include "core/elf/headers.h"

struct sections {
	const struct elf *elf;
	struct span headers; /* whole section headers, as the file has them */
	uint32_t count;      /* 0: there are none */
	uint32_t names_in;   /* number of the section with their names; 0: they have none */
	struct span names;   /* up to its last zero; may be empty */
};

/* Finds the sections of a file, whose bytes must stay valid. False, with no sections, if their
 * headers have the wrong size or are not all in the file. */
bool sections_find(const struct elf *elf, struct sections *sections);

/* Section header `number` in the 64-bit form. False after the last. */
bool section_read(const struct sections *sections, uint32_t number,
                  struct elf_section_header *section);

/* The section's bytes; empty if it has none, or if they are not all in the file. */
struct span section_bytes(const struct sections *sections,
                          const struct elf_section_header *section);

/* The section's name, "" if it has none. */
const char *section_name(const struct sections *sections, const struct elf_section_header *section);

/* The first section of a name. False if there is none. */
bool section_find(const struct sections *sections, const char *name,
                  struct elf_section_header *section);

/* Writes where section `number` is loaded into `headers`, a copy of sections->headers. */
void section_set_address(const struct sections *sections, uint8_t *headers, uint32_t number,
                         uint64_t address);

#endif
