/* SPDX-License-Identifier: MIT */
/* words.c - makes words as after APPEND from a handover. Knows neither Multiboot nor PVH. */
#include "platform/handover/words.h"

#include "core/text.h"

/* True for a character that separates words, as it does on a disc. */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Adds the words of a text. False if they do not fit. */
static bool add_words(struct word_list *list, size_t *used, const char *text)
{
	for (;;) {
		while (is_blank(*text))
			text++;
		if (*text == 0)
			return true;
		if (list->count == WORDS_MAX)
			return false;
		list->words[list->count++] = list->text + *used;
		while (*text != 0 && !is_blank(*text)) {
			if (*used >= WORDS_TEXT - 1)
				return false;
			list->text[(*used)++] = *text++;
		}
		list->text[(*used)++] = 0;
	}
}

/* The number of the first word that is not an option; the count of words if all are. */
static unsigned find_kernel(const struct word_list *list)
{
	unsigned at = 0;

	while (at < list->count && list->words[at][0] == '-' && !text_equal(list->words[at], "---"))
		at++;
	return at;
}

static bool has_separator(const struct word_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (text_equal(list->words[i], "---"))
			return true;
	}
	return false;
}

/* Length of a file's name: up to the first blank. */
static size_t name_length(const char *words)
{
	size_t length = 0;

	while (words[length] != 0 && !is_blank(words[length]))
		length++;
	return length;
}

/* The part of a name after its last slash; *length becomes the length of that part. */
static const char *base_name(const char *name, size_t *length)
{
	size_t begin = *length;

	while (begin > 0 && name[begin - 1] != '/')
		begin--;
	*length -= begin;
	return name + begin;
}

/* True if a file has this name, with or without its folders. */
static bool is_called(const struct handed_file *file, const char *name, size_t length, bool folders)
{
	size_t own_length = name_length(file->words);
	const char *own = file->words;

	if (!folders) {
		own = base_name(own, &own_length);
		name = base_name(name, &length);
	}
	return own_length == length && memcmp(own, name, length) == 0;
}

/* The first file that is called that; *count is how many are. */
static const struct handed_file *first_called(const struct handover *handover, const char *name,
                                              bool folders, unsigned *count)
{
	const struct handed_file *first = NULL;
	size_t length = name_length(name);

	*count = 0;
	for (unsigned i = handover->file_count; i-- > 0;) {
		if (is_called(&handover->files[i], name, length, folders)) {
			first = &handover->files[i];
			++*count;
		}
	}
	return first;
}

const struct handed_file *words_find(const struct handover *handover, const char *name)
{
	unsigned count;
	const struct handed_file *found = first_called(handover, name, true, &count);

	if (found != NULL)
		return found;
	found = first_called(handover, name, false, &count);
	if (count == 1)
		return found;
	if (handover->file_count == 1 && handover->files[0].words[0] == 0)
		return &handover->files[0];
	return NULL;
}

const struct handed_file *words_need(const struct handover *handover, const struct file *file,
                                     struct report *report)
{
	const struct handed_file *found = words_find(handover, file->name);
	unsigned count;

	if (found == NULL && !file->optional) {
		first_called(handover, file->name, false, &count);
		refuse(report, DIAG_HANDOVER_NO_FILE, "%s is the name of %u of the %u files",
		       file_called(file), count, handover->file_count);
	}
	return found;
}

/* Adds the files that are not the kernel as modules. */
static bool add_modules(struct word_list *list, size_t *used, const struct handover *handover,
                        const struct handed_file *kernel)
{
	for (unsigned i = 0; i < handover->file_count; i++) {
		const struct handed_file *file = &handover->files[i];

		if (file == kernel)
			continue;
		if (!add_words(list, used, "---") || !add_words(list, used, file->words))
			return false;
	}
	return true;
}

bool words_make(struct word_list *list, const struct handover *handover, struct report *report)
{
	const struct handed_file *kernel;
	size_t used = 0;
	bool fits;
	unsigned at;

	if (handover->bundle_words == NULL && *handover->words == 0 && handover->file_count == 0)
		return refuse(report, DIAG_HANDOVER_NOTHING, "no words, no files and no bundle");
	list->count = 0;
	fits = (handover->bundle_words == NULL || add_words(list, &used, handover->bundle_words))
	    && add_words(list, &used, handover->words);
	at = find_kernel(list);
	if (fits && at == list->count && handover->file_count > 0)
		fits = add_words(list, &used, handover->files[0].words);
	kernel = at < list->count ? words_find(handover, list->words[at]) : NULL;
	if (fits && !has_separator(list))
		fits = add_modules(list, &used, handover, kernel);
	return fits
	    || refuse(report, DIAG_HANDOVER_WORDS, "more than %u words or %u characters", WORDS_MAX,
	              WORDS_TEXT - 1);
}
