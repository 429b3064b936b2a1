/* SPDX-License-Identifier: MIT */
/*
 * symbols.h - the kernel's symbols, sorted by address. They come from .symtab and .strtab; a file
 * in which these are invalid or missing boots anyway.
 */
#ifndef CORE_ELF_SYMBOLS_H
#define CORE_ELF_SYMBOLS_H

#include "core/elf/sections.h"
#include "core/report.h"

/* The tables in the file, not checked entry by entry. Empty if there are none. */
struct symbols {
	struct span entries; /* whole entries */
	struct span names;   /* the last byte is zero */
	bool is_elf32;       /* of an ELF32 file */
};

/* A symbol as the kernel gets it (struct longjump_symbol). */
struct symbol {
	uint64_t address; /* virtual, with the slide */
	uint64_t name;    /* virtual address of a zero-terminated string */
};

/* Finds the tables of an ELF file. If something is wrong with them, leaves them empty, and warns if
 * `report` is not NULL. */
struct symbols symbols_find(const struct elf *elf, struct report *report);

/* How many there are. */
uint32_t symbols_count(const struct symbols *symbols);

/* Symbol `number` in the 64-bit form. False after the last. */
bool symbol_read(const struct symbols *symbols, uint32_t number, struct elf_symbol *symbol);

/* Its name, "" if it has none. */
const char *symbol_name(const struct symbols *symbols, const struct elf_symbol *symbol);

/* The maximum size in bytes of a list of them. */
uint64_t symbols_list_size(const struct symbols *symbols);

/*
 * Writes all functions, objects and labels that have a name and lie in `virt`, as linked, sorted by
 * address; of several at one address, the most descriptive comes first. `list` and the working
 * space `spare` have room for symbols_list_size() bytes each. `names` is the virtual address at
 * which the reader sees symbols->names. Returns how many there are.
 */
uint64_t symbols_write(const struct symbols *symbols, struct virt_range virt, uint64_t slide,
                       uint64_t names, struct symbol *list, struct symbol *spare);

#endif
