/* SPDX-License-Identifier: MIT */
/* memory_types.c - properties of memory types. */
#include "core/memory_types.h"

const char *memory_type_name(enum memory_type type)
{
	static const char *const all_words[MEMORY_TYPES] = {
		"nothing",
#define MEMORY_TYPE(name, words, is_ram, names) words,
#include "core/memory_types.def"
	};

	return all_words[type];
}
