/* SPDX-License-Identifier: MIT */
/* words.h - makes a handover into the words that follow APPEND on a disc, and finds its files. */
#ifndef PLATFORM_HANDOVER_WORDS_H
#define PLATFORM_HANDOVER_WORDS_H

#include "core/file.h"
#include "platform/handover/handover.h"

#define WORDS_MAX  1024
#define WORDS_TEXT 16384

/* Words, as separate strings. */
struct word_list {
	unsigned count;
	const char *words[WORDS_MAX];
	char text[WORDS_TEXT];
};

/*
 * Writes the words: those of the bundle, those that were passed on, and, if these name no modules
 * (after "---"), every file other than the kernel, with its words. If they name no kernel, it is
 * the first file, with its words. Refuses words that do not fit, and a handover without words and
 * files.
 */
bool words_make(struct word_list *list, const struct handover *handover, struct report *report);

/* The file with this name, or else the only one with this name in some folder, or else the only
 * file of a handover that has no names. NULL if there is none. */
const struct handed_file *words_find(const struct handover *handover, const char *name);

/* The same; a file that is not there is refused unless it is optional. */
const struct handed_file *words_need(const struct handover *handover, const struct file *file,
                                     struct report *report);

#endif
