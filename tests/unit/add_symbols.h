/* SPDX-License-Identifier: MIT */
/* add_symbols.h - adds a symbol table to the file that build_elf.h builds. Call it last. */
#ifndef ADD_SYMBOLS_H
#define ADD_SYMBOLS_H

#include "build_elf.h"

#define SECTIONS 3 /* none, .symtab, .strtab */

/* A symbol that is to be added; `type` as ELF has it, `local` true for one of a single file. */
struct named {
	const char *name;
	uint64_t address;
	unsigned type;
	bool local;
};

static struct elf_section_header *elf_sections; /* once they are there */
static struct elf_symbol *elf_symbols;

/* Appends section headers, symbols and names. */
static inline void add_symbols(const struct named *symbols, unsigned count)
{
	char *names;
	uint32_t used = 1;

	elf_head->shoff = align_up(elf_size, 8);
	elf_head->shentsize = 64;
	elf_head->shnum = SECTIONS;
	elf_sections = (struct elf_section_header *)(void *)(elf_bytes + elf_head->shoff);
	elf_symbols = (struct elf_symbol *)(void *)(elf_sections + SECTIONS);
	names = (char *)(elf_symbols + count);
	names[0] = 0;
	for (unsigned i = 0; i < count; i++) {
		elf_symbols[i] = (struct elf_symbol){
			.name = symbols[i].name[0] != 0 ? used : 0,
			.info = (uint8_t)(symbols[i].type | (symbols[i].local ? 0 : 1u << 4)),
			.shndx = 1,
			.value = symbols[i].address
		};
		if (symbols[i].name[0] != 0)
			used += (uint32_t)sprintf(names + used, "%s", symbols[i].name) + 1;
	}
	elf_sections[0] = (struct elf_section_header){ .type = 0 };
	elf_sections[1] = (struct elf_section_header){ .type = ELF_SHT_SYMTAB,
		                                       .offset = (uint64_t)((uint8_t *)elf_symbols
		                                                            - elf_bytes),
		                                       .size = count * sizeof(*elf_symbols),
		                                       .link = 2,
		                                       .entsize = sizeof(*elf_symbols) };
	elf_sections[2] = (struct elf_section_header){
		.type = 3, .offset = (uint64_t)((uint8_t *)names - elf_bytes), .size = used
	};
	elf_size = (uint64_t)((uint8_t *)names - elf_bytes) + used;
}

#endif
