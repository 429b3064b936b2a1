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
 * Writes the words: those of the bundle, with those that were passed on at the end of the kernel's
 * command line; then the modules that both name after "---". If those that were passed on name no
 * modules, every file that is neither the kernel nor named by the bundle is one, with its words. If
 * no words name a kernel, it is the first file, with its words. Refuses words that do not fit, a
 * module without a name, and a handover without words and files.
 */
bool words_make(struct word_list *list, const struct handover *handover, struct report *report);

/* The file with this name, or else the only one with this name in some folder, or else the only
 * file of a handover that has no names. NULL if there is none. */
const struct handed_file *words_find(const struct handover *handover, const char *name);

/* The same; a file that is not there is refused unless it is optional. */
const struct handed_file *words_need(const struct handover *handover, const struct file *file,
                                     struct report *report);

#endif
