/* SPDX-License-Identifier: MIT */
/* string.h - copying and zeroing by the CPU's string instructions, eight bytes at a time. 64-bit
 * code only. */
#ifndef RESIDENT_STRING_H
#define RESIDENT_STRING_H

#include <stdint.h>

/* Zeroes `size` bytes. */
static inline void zero_memory(void *to, uint64_t size)
{
	uint64_t words = size / 8, bytes = size % 8;

	__asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(0) : "memory");
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(0) : "memory");
}

/* Copies `size` bytes from the first to the last. */
static inline void copy_upward(void *to, const void *from, uint64_t size)
{
	uint64_t words = size / 8, bytes = size % 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words)::"memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
}

/* Copies `size` bytes from the last to the first. */
static inline void copy_downward(void *to, const void *from, uint64_t size)
{
	uint64_t words = size / 8, bytes = size % 8;
	uint8_t *to_last = (uint8_t *)to + size - 1;
	const uint8_t *from_last = (const uint8_t *)from + size - 1;

	__asm__ volatile("std\n\trep movsb\n\tcld"
	                 : "+D"(to_last), "+S"(from_last), "+c"(bytes)::"memory", "cc");
	to_last -= 7;
	from_last -= 7;
	__asm__ volatile("std\n\trep movsq\n\tcld"
	                 : "+D"(to_last), "+S"(from_last), "+c"(words)::"memory", "cc");
}

/* Copies `size` bytes; source and target may overlap. */
static inline void copy_memory(void *to, const void *from, uint64_t size)
{
	if ((uintptr_t)to - (uintptr_t)from >= size)
		copy_upward(to, from, size);
	else
		copy_downward(to, from, size);
}

#endif
