/* SPDX-License-Identifier: MIT */
/*
 * string.c - the four functions that the compiler may call on its own, for example to copy a large
 * structure. There is no C library to provide them, so every kernel has its own. They use the CPU's
 * string instructions: the compiler would recognise a plain loop as memset and turn it into a call
 * to itself.
 */
#include <stddef.h>

void *memset(void *to, int value, size_t size);
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *left, const void *right, size_t size);

/* Sets `size` bytes to one value. */
void *memset(void *to, int value, size_t size)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
	return to;
}

/* Copies `size` bytes between places that do not overlap. */
void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
	return to;
}

/* The same for places that may overlap: copies backwards if the end of `from` would be lost. */
void *memmove(void *to, const void *from, size_t size)
{
	char *last_to = (char *)to + size - 1;
	const char *last_from = (const char *)from + size - 1;

	if ((size_t)to - (size_t)from >= size)
		return memcpy(to, from, size);
	__asm__ volatile("std; rep movsb; cld"
	                 : "+D"(last_to), "+S"(last_from), "+c"(size)
	                 :
	                 : "memory");
	return to;
}

/* Compares byte by byte: negative, 0 or positive if left is less, equal or greater. */
int memcmp(const void *left, const void *right, size_t size)
{
	const unsigned char *a = left, *b = right;

	for (size_t i = 0; i < size; i++)
		if (a[i] != b[i])
			return a[i] - b[i];
	return 0;
}
