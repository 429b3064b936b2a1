/* SPDX-License-Identifier: MIT */
/* lookup.h - finds symbols by name and by address, with a linear search. The loader itself does
 * neither. */
#ifndef HOST_LOOKUP_H
#define HOST_LOOKUP_H

#include "core/elf/symbols.h"

/* A symbol that is defined, by its name. False if there is none. */
bool symbol_find(const struct symbols *symbols, const char *name, struct elf_symbol *symbol);

/* The best name for an address: a function's, or else a label's; NULL if none begins there. */
const char *symbol_name_at(const struct symbols *symbols, uint64_t address);

#endif
