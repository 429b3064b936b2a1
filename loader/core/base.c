/* SPDX-License-Identifier: MIT */
/* base.c - spans and scratch memory: the checked accesses to foreign bytes. */
#include "core/base.h"

bool span_part(struct span whole, uint64_t offset, uint64_t size, struct span *part)
{
	bool there = in_bounds(offset, size, whole.size);

	part->size = value_if(there, size);
	part->bytes = part->size != 0 ? whole.bytes + offset : NULL;
	return there;
}

bool span_read(struct span from, uint64_t offset, void *to, size_t size)
{
	bool there = in_bounds(offset, size, from.size);

	if (there && size != 0)
		memcpy(to, from.bytes + offset, size);
	else
		memset(to, 0, size);
	return there;
}

bool span_string(struct span from, uint64_t offset, uint64_t *length)
{
	*length = 0;
	/*@ loop invariant offset <= at;
	  @ loop assigns at;
	  @ loop variant from.size - at; */
	for (uint64_t at = offset; at < from.size; at++) {
		if (from.bytes[at] == 0) {
			*length = at - offset;
			return true;
		}
	}
	return false;
}

struct span span_strings(struct span table)
{
	/*@ loop invariant 0 <= table.size <= \at(table.size, Pre);
	  @ loop assigns table.size;
	  @ loop variant table.size; */
	while (table.size > 0 && table.bytes[table.size - 1] != 0)
		table.size--;
	return table;
}

const char *span_text(struct span strings, uint64_t offset)
{
	return offset < strings.size ? (const char *)strings.bytes + offset : "";
}

/* A little-endian 32-bit number at any alignment. */
struct __attribute__((packed, may_alias)) loose_word {
	uint32_t value;
};

/*@ requires \valid_read(bytes + (0 .. 3));
  @ assigns \nothing; */
static inline uint32_t word_at(const uint8_t *bytes)
{
	return ((const struct loose_word *)(const void *)bytes)->value;
}

/* Optimised for speed: every kernel and the BIOS's ROM are searched with this. */
uint64_t span_find_word(struct span from, uint64_t offset, unsigned step, uint32_t word)
{
	size_t at = (size_t)offset, end;

	if (!in_bounds(offset, 4, from.size))
		return from.size;
	end = (size_t)from.size - 3;
	/*@ loop invariant offset <= at;
	  @ loop assigns at;
	  @ loop variant end - at; */
	while (at < end && word_at(from.bytes + at) != word)
		at += step;
	return at < end ? at : from.size;
}

void *scratch_reserve(struct scratch *scratch, uint64_t size, uint64_t align)
{
	uint64_t gap = -(uint64_t)(uintptr_t)scratch->at & (align - 1);
	uint64_t left = (uint64_t)(scratch->end - scratch->at);
	uint8_t *taken;

	if (!in_bounds(gap, size, left))
		return NULL;
	taken = scratch->at + gap;
	scratch->at = taken + size;
	return taken;
}

void *scratch_take(struct scratch *scratch, uint64_t size, uint64_t align)
{
	void *taken = scratch_reserve(scratch, size, align);

	return taken != NULL ? memset(taken, 0, (size_t)size) : NULL;
}
