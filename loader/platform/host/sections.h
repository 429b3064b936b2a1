/* SPDX-License-Identifier: MIT */
/*
 * sections.h - a kernel's sections and symbols, as far as they are sound. The loader needs neither
 * to load it, so what is malformed here is no fault: it is as if it were not there.
 */
#ifndef HOST_SECTIONS_H
#define HOST_SECTIONS_H

#include "core/elf/format.h"
#include "core/elf/symbols.h"

struct sections {
	struct span file;
	uint64_t at;       /* of the section headers in the file */
	unsigned count;    /* 0: there are none */
	struct span names; /* of the sections */
	struct symbols symbols;
};

struct file_symbol {
	const char *name; /* "" if it has none */
	uint64_t begin, end;
	uint8_t type;
	uint16_t section; /* 0: undefined */
};

/* Finds the sections of a file whose header is an ELF64 header. */
struct sections sections_read(struct span file);

/* Section header `number` < sections->count. */
struct elf_section_header section_header(const struct sections *sections, unsigned number);

/* Name of a section, "" if it has none. */
const char *section_name(const struct sections *sections, const struct elf_section_header *section);

/* A section by its name. False if there is none. */
bool section_find(const struct sections *sections, const char *name,
                  struct elf_section_header *section);

/* The section's bytes in the file; empty if it has none or they lie outside. */
struct span section_bytes(const struct sections *sections,
                          const struct elf_section_header *section);

/* Symbol `number`. False behind the last. */
bool file_symbol_read(const struct sections *sections, uint64_t number, struct file_symbol *symbol);

/* A symbol that is defined, by its name. False if there is none. */
bool file_symbol_find(const struct sections *sections, const char *name,
                      struct file_symbol *symbol);

/* The best name for what lies at an address: a function, or at least a label; NULL if there is
 * none right there. */
const char *file_symbol_at(const struct sections *sections, uint64_t address);

#endif
