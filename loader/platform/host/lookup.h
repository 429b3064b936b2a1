/* SPDX-License-Identifier: MIT */
/* lookup.h - finds symbols by their names and by their addresses, one after the other: the loader
 * itself asks for neither. */
#ifndef HOST_LOOKUP_H
#define HOST_LOOKUP_H

#include "core/elf/symbols.h"

/* A symbol that is defined, by its name. False if there is none. */
bool symbol_find(const struct symbols *symbols, const char *name, struct elf_symbol *symbol);

/* The best name for what lies at an address: a function, or at least a label; NULL if there is
 * none right there. */
const char *symbol_name_at(const struct symbols *symbols, uint64_t address);

#endif
