/* SPDX-License-Identifier: MIT */
/* words.c - makes words as after APPEND from a handover. Knows neither Multiboot nor PVH. */
#include "platform/handover/words.h"

#include "core/text.h"

/* The text's first "---", which begins the modules; the text's end if there is none. */
static const char *modules_in(const char *text)
{
	while (*text != 0) {
		const char *word = text;

		while (*text != 0 && !text_is_blank(*text))
			text++;
		if (text - word == 3 && memcmp(word, "---", 3) == 0)
			return word;
		while (text_is_blank(*text))
			text++;
	}
	return text;
}

/* Adds the words of a text up to `end`. False if they do not fit. */
static bool add_words_to(struct word_list *list, size_t *used, const char *text, const char *end)
{
	for (;;) {
		while (text != end && text_is_blank(*text))
			text++;
		if (text == end)
			return true;
		if (list->count == WORDS_MAX)
			return false;
		list->words[list->count++] = list->text + *used;
		while (text != end && !text_is_blank(*text)) {
			if (*used >= WORDS_TEXT - 1)
				return false;
			list->text[(*used)++] = *text++;
		}
		list->text[(*used)++] = 0;
	}
}

static bool add_words(struct word_list *list, size_t *used, const char *text)
{
	return add_words_to(list, used, text, text + text_length(text));
}

/* The number of the first word that is not an option; the count of words if all are. */
static unsigned find_kernel(const struct word_list *list)
{
	unsigned at = 0;

	while (at < list->count && list->words[at][0] == '-')
		at++;
	return at;
}

/* Length of a file's name: up to the first blank. */
static size_t name_length(const char *words)
{
	size_t length = 0;

	while (words[length] != 0 && !text_is_blank(words[length]))
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

/* Appends the names of the files, after a colon. */
static void add_names(struct text *text, const struct handover *handover)
{
	for (unsigned i = 0; i < handover->file_count; i++) {
		const char *words = handover->files[i].words;

		text_add(text, "%s%.*s", i == 0 ? ": " : ", ", (int)name_length(words), words);
	}
}

const struct handed_file *words_need(const struct handover *handover, const struct file *file,
                                     struct report *report)
{
	const struct handed_file *found = words_find(handover, file->name);
	char names[200];
	struct text text = text_in(names, sizeof(names));
	unsigned count;

	if (found == NULL && !file->optional) {
		first_called(handover, file->name, false, &count);
		add_names(&text, handover);
		refuse(report, DIAG_HANDOVER_NO_FILE, "%s is the name of %u of the %u files%s",
		       file_called(file), count, handover->file_count, names);
	}
	return found;
}

/* Refuses words that do not fit. Always false. */
static bool refuse_words(struct report *report)
{
	return refuse(report, DIAG_HANDOVER_WORDS, "more than %u words or %u characters", WORDS_MAX,
	              WORDS_TEXT - 1);
}

/* Adds as modules the files that are neither the kernel nor of the bundle, whose own words name its
 * modules. Refuses one without a name. */
static bool add_modules(struct word_list *list, size_t *used, const struct handover *handover,
                        const struct handed_file *kernel, struct report *report)
{
	for (unsigned i = 0; i < handover->file_count; i++) {
		const struct handed_file *file = &handover->files[i];

		if (file == kernel || file->is_summed)
			continue;
		if (name_length(file->words) == 0)
			return refuse(report, DIAG_HANDOVER_NO_FILE,
			              "file %u of the %u files has no name", i + 1,
			              handover->file_count);
		if (!add_words(list, used, "---") || !add_words(list, used, file->words))
			return refuse_words(report);
	}
	return true;
}

/* The words of the first file; a name, which words_find() takes for that of an only file, if it has
 * none. */
static const char *first_words(const struct handover *handover)
{
	return name_length(handover->files[0].words) != 0 ? handover->files[0].words : "kernel";
}

bool words_make(struct word_list *list, const struct handover *handover, struct report *report)
{
	const char *own = handover->bundle_words != NULL ? handover->bundle_words : "";
	const char *own_modules = modules_in(own), *modules = modules_in(handover->words);
	const struct handed_file *kernel;
	size_t used = 0;
	unsigned at;

	if (handover->bundle_words == NULL && *handover->words == 0 && handover->file_count == 0)
		return refuse(report, DIAG_HANDOVER_NOTHING, "no words, no files and no bundle");
	list->count = 0;
	if (!add_words_to(list, &used, own, own_modules)
	    || !add_words_to(list, &used, handover->words, modules))
		return refuse_words(report);
	at = find_kernel(list);
	if (at == list->count && handover->file_count > 0
	    && !add_words(list, &used, first_words(handover)))
		return refuse_words(report);
	kernel = at < list->count ? words_find(handover, list->words[at]) : NULL;
	if (!add_words(list, &used, own_modules) || !add_words(list, &used, modules))
		return refuse_words(report);
	return *modules != 0 || add_modules(list, &used, handover, kernel, report);
}
