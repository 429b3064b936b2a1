/* SPDX-License-Identifier: MIT */
/* words.h - makes of a handover the words that follow APPEND on a disc, and finds its files. */
#ifndef PLATFORM_HANDOVER_WORDS_H
#define PLATFORM_HANDOVER_WORDS_H

#include "platform/handover/handover.h"

#define WORDS_MAX  1024
#define WORDS_TEXT 16384

/* Words, each a string of its own. */
struct word_list {
	unsigned count;
	const char *words[WORDS_MAX];
	char text[WORDS_TEXT];
};

/*
 * Writes the words: those of a bundle, those that were handed over, and after them, where they name
 * no module themselves (after "---"), every file that is not the kernel, with its words. Where they
 * name no kernel, it is the first file, with its words. Refuses more than fits.
 */
bool words_make(struct word_list *list, const struct handover *handover, struct report *report);

/* The file of this name: of the same name, or else the only one whose name without folders is the
 * same, or else the only file of a handover that gives it none. NULL if there is none. */
const struct handed_file *words_find(const struct handover *handover, const char *name);

#endif
