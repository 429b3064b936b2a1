/* SPDX-License-Identifier: MIT */
/* memory_types.c - properties of memory types. */
#include "core/memory_types.h"

bool memory_is_ram(enum memory_type type)
{
	static const bool ram[MEMORY_TYPES] = {
#define MEMORY_TYPE(name, words, is_ram, names) [MEMORY_##name] = (is_ram),
#include "core/memory_types.def"
	};

	return ram[type];
}

const char *memory_type_name(enum memory_type type)
{
	static const char *const all_words[MEMORY_TYPES] = {
		"nothing",
#define MEMORY_TYPE(name, words, is_ram, names) words,
#include "core/memory_types.def"
	};

	return all_words[type];
}
