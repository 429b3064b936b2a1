/* SPDX-License-Identifier: MIT */
/*
 * relocate.h - checks, resolves and looks up a kernel's relocations. Carries nothing out.
 *
 * Entries that need nothing but the slide, RELATIVE ones of DT_RELA and all of DT_RELR, are left in
 * the kernel's own tables for the resident part. The others name symbols: they are resolved here,
 * to a list of words that only have to be written.
 */
#ifndef CORE_ELF_RELOCATE_H
#define CORE_ELF_RELOCATE_H

#include "core/elf/segments.h"

/* Reads kernel->relocations; the rest of the kernel must have been read. On false, the reason is in
 * the report. */
bool relocations_read(struct kernel *kernel, struct report *report);

/* A word that relocation writes. */
struct relocated_word {
	uint64_t at;    /* address, as linked */
	uint64_t value; /* without the slide */
	bool slides;    /* the slide is added to `value` */
};

/*
 * The next of the words that are not left in the kernel's tables, relocations->word_count in all.
 * *cursor is 0 at first. False after the last.
 */
bool relocations_next_word(const struct relocations *relocations, uint64_t *cursor,
                           struct relocated_word *word);

/* The 64-bit word at the address `at` after relocation, if the kernel runs where it is linked. 0 if
 * the file has no bytes there. */
uint64_t kernel_word(const struct kernel *kernel, uint64_t at);

#endif
