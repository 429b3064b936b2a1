/* SPDX-License-Identifier: MIT */
/* lookup.c - searches symbol tables from the first symbol to the last. */
#include "platform/host/lookup.h"

#include <string.h>

bool symbol_find(const struct symbols *symbols, const char *name, struct elf_symbol *symbol)
{
	for (uint32_t i = 0; symbol_read(symbols, i, symbol); i++) {
		if (symbol->shndx != ELF_SHN_UNDEF
		    && strcmp(symbol_name(symbols, symbol), name) == 0)
			return true;
	}
	return false;
}

const char *symbol_name_at(const struct symbols *symbols, uint64_t address)
{
	const char *best = NULL;
	struct elf_symbol symbol;
	bool function = false;

	for (uint32_t i = 0; symbol_read(symbols, i, &symbol) && !function; i++) {
		const char *name = symbol_name(symbols, &symbol);
		unsigned type = elf_symbol_type(&symbol);

		if (symbol.shndx == ELF_SHN_UNDEF || symbol.value != address || name[0] == 0
		    || (type != ELF_STT_FUNC && type != ELF_STT_NOTYPE))
			continue;
		function = type == ELF_STT_FUNC || strcmp(name, "_start") == 0;
		if (function || best == NULL)
			best = name;
	}
	return best;
}
