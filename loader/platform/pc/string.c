/* SPDX-License-Identifier: MIT */
/* string.c - the four functions that compilers call implicitly, for platforms without a C
 * library. */
#include "core/base.h"

#define IS_64_BIT (sizeof(size_t) == 8)

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *at = to;
	size_t words = size / sizeof(size_t), bytes = size % sizeof(size_t);

	if (IS_64_BIT)
		__asm__ volatile("rep movsq" : "+D"(at), "+S"(from), "+c"(words)::"memory");
	else
		__asm__ volatile("rep movsl" : "+D"(at), "+S"(from), "+c"(words)::"memory");
	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(bytes)::"memory");
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	uint8_t *last = (uint8_t *)to + size - 1;
	const uint8_t *from_last = (const uint8_t *)from + size - 1;

	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(to, from, size);
	__asm__ volatile("std\n\trep movsb\n\tcld"
	                 : "+D"(last), "+S"(from_last), "+c"(size)::"memory", "cc");
	return to;
}

void *memset(void *at, int value, size_t size)
{
	void *to = at;
	size_t words = size / sizeof(size_t), bytes = size % sizeof(size_t);
	size_t word = (uint8_t)value * (SIZE_MAX / UINT8_MAX);

	if (IS_64_BIT)
		__asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(word) : "memory");
	else
		__asm__ volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(word) : "memory");
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"((uint8_t)value) : "memory");
	return at;
}

int memcmp(const void *a, const void *b, size_t size)
{
	bool above, below;

	/* Without bytes, the flags are those of the first comparison: equal. */
	__asm__ volatile("cmp %%eax, %%eax\n\trepe cmpsb"
	                 : "+S"(a), "+D"(b), "+c"(size), "=@cca"(above), "=@ccb"(below)::"memory");
	return above - below;
}
