/* SPDX-License-Identifier: MIT */
/*
 * descriptor.h - finds descriptors, and reads what they say (Intel SDM volume 3A, 3.4.2, 3.4.5).
 * The bits have their names in x86/registers.def.
 */
#ifndef POSTMORTEM_DESCRIPTOR_H
#define POSTMORTEM_DESCRIPTOR_H

#include "postmortem/cpu_state.h"

/* The table that a selector refers to: the GDT or the LDT. Without an LDT, that has no entry. */
struct hidden descriptor_table(const struct cpu_state *cpu, uint64_t selector);

/* Reads the descriptor of a selector in the GDT. False if it has none there: it selects nothing, or
 * is one of the LDT, or the GDT ends before it or is not mapped. */
bool descriptor_read(const struct cpu_state *cpu, uint64_t selector, uint64_t *descriptor);

/* The ring that a descriptor of a segment or a gate is for. */
static inline unsigned descriptor_level(uint64_t descriptor)
{
	return (unsigned)(descriptor >> 45) & 3;
}

/* The last byte of a segment. */
static inline uint64_t descriptor_end(uint64_t descriptor)
{
	uint64_t limit = (descriptor & 0xffff) | (descriptor >> 32 & 0xf0000);

	return (descriptor & SEGMENT_GRANULARITY) != 0 ? limit << 12 | 0xfff : limit;
}

#endif
