/* SPDX-License-Identifier: MIT */
/* memory_types.h - the types of memory, independent of firmware and protocols. */
#ifndef CORE_MEMORY_TYPES_H
#define CORE_MEMORY_TYPES_H

#include <stdbool.h>

/* In ascending strictness. MEMORY_NONE: not in the map. */
enum memory_type {
	MEMORY_NONE,
#define MEMORY_TYPE(name, words, is_ram, names) MEMORY_##name,
#include "core/memory_types.def"
	MEMORY_TYPES
};

/* True for RAM, whoever uses it. */
static inline bool memory_is_ram(enum memory_type type)
{
	const unsigned ram = 0
#define MEMORY_TYPE(name, words, is_ram, names) | (unsigned)(is_ram) << MEMORY_##name
#include "core/memory_types.def"
		;

	return (ram >> type & 1) != 0;
}

/* The type in words: "usable", "reserved", "kernel" ... The string is static. */
const char *memory_type_name(enum memory_type type);

#endif
