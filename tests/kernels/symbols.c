/* SPDX-License-Identifier: MIT */
/* symbols.c - finds its own functions and data in the symbols that the loader hands over. */
#include "kit.h"

static volatile uint64_t a_number = 1;

/* The first symbol with this name, or NULL. */
static const struct longjump_symbol *find(const struct longjump_boot_info *info, const char *name)
{
	for (uint64_t i = 0; i < info->symbol_count; i++) {
		if (text_equal(info->symbols[i].name, name))
			return &info->symbols[i];
	}
	return NULL;
}

/* Judges where the symbols say something is. */
static void expect_at(const struct longjump_boot_info *info, const char *name, uint64_t address)
{
	const struct longjump_symbol *symbol = find(info, name);

	say("%s:\n", name);
	EXPECT(symbol != NULL);
	EXPECT_EQUAL(symbol != NULL ? symbol->address : 0, address);
}

void _start(const struct longjump_boot_info *info)
{
	tell(info);
	EXPECT(info->symbol_count > 0);
	for (uint64_t i = 0; i < info->symbol_count; i++) {
		EXPECT_QUIETLY(info->symbols[i].name[0] != 0);
		EXPECT_QUIETLY(info->symbols[i].address >= info->kernel_begin);
		EXPECT_QUIETLY(info->symbols[i].address < info->kernel_end);
		EXPECT_QUIETLY(i == 0 || info->symbols[i - 1].address <= info->symbols[i].address);
	}
	expect_at(info, "_start", info->entry);
	expect_at(info, "say", (uint64_t)&say);
	expect_at(info, "find", (uint64_t)&find);
	expect_at(info, "a_number", address_of(&a_number));
	EXPECT(find(info, "symbols.c") == NULL); /* a file's name has no address */
	finish();
}
