/* SPDX-License-Identifier: MIT */
/*
 * relative.h - the relocations that need nothing but the slide, for those who check them and for
 * those who carry them out.
 *
 * A RELR table (gABI draft, 2018) is a list of 64-bit words. An even word is an address to
 * relocate. An odd word is a bitmap: bit n, n from 1 to 63, asks for the word n - 1 places after
 * where the last entry ended.
 */
#ifndef CORE_ELF_RELATIVE_H
#define CORE_ELF_RELATIVE_H

#include "core/base.h"
#include "core/elf/format.h"

/* The type of a relocation entry, from its r_info. */
static inline uint32_t rela_type(uint64_t info)
{
	return (uint32_t)info;
}

/* True if a table of RELA entries has one of this type; *number is then the first one's. */
static inline bool rela_find(struct span table, uint32_t type, uint32_t *number)
{
	struct elf_rela entry;

	*number = 0;
	for (uint64_t at = 0; span_read(table, at, &entry, sizeof(entry)); at += sizeof(entry)) {
		if (rela_type(entry.info) == type)
			return true;
		++*number;
	}
	return false;
}

/* True if it makes its word the addend plus the slide (psABI table 4.9). */
static inline bool rela_is_relative(uint64_t info)
{
	return rela_type(info) == ELF_R_X86_64_RELATIVE;
}

struct relr_walk {
	uint64_t base;   /* where the next bitmap begins */
	uint64_t bitmap; /* bits still to be returned, shifted to bit 0 */
	uint64_t at;     /* the address that bit 0 stands for */
};

/* Feeds the next word of the table. Follow with relr_next() until it says false. */
static inline void relr_feed(struct relr_walk *walk, uint64_t word)
{
	if ((word & 1) == 0) {
		walk->bitmap = 1;
		walk->at = word;
		walk->base = word + 8;
	} else {
		walk->bitmap = word >> 1;
		walk->at = walk->base;
		walk->base += 63 * 8;
	}
}

/* The next address that the word asks for, or false. */
static inline bool relr_next(struct relr_walk *walk, uint64_t *address)
{
	while (walk->bitmap != 0) {
		bool asked = walk->bitmap & 1;

		*address = walk->at;
		walk->bitmap >>= 1;
		walk->at += 8;
		if (asked)
			return true;
	}
	return false;
}

#endif
