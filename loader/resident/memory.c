/* SPDX-License-Identifier: MIT */
/* memory.c - the functions that a compiler calls by itself. */
#include "core/base.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *start = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
	return start;
}

void *memset(void *at, int value, size_t size)
{
	void *start = at;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
	return start;
}
