/* SPDX-License-Identifier: MIT */
/* config.c - reads the words after APPEND: options, files and their command lines. Opens none. */
#include "core/config.h"

/* The words that are still to be read, and where text is copied to. */
struct words {
	struct config *config;
	struct report *report;
	const char *const *next;
	unsigned left;
	struct text text;
};

/* Copies a word to the configuration's text, preceded by `before` unless that is 0. Overflow is
 * detected at the end. */
static void copy(struct words *words, const char *before, const char *word)
{
	text_add_string(&words->text, before);
	text_add_string(&words->text, word);
}

/* True if the next word separates files, or if there is none. */
static bool at_separator(const struct words *words)
{
	return words->left == 0 || text_equal(words->next[0], "---");
}

/* The next word, which is there. */
static const char *take(struct words *words)
{
	words->left--;
	return *words->next++;
}

/* True if an option comes next. */
static bool at_option(const struct words *words)
{
	return !at_separator(words) && words->next[0][0] == '-';
}

/* All options, and whether they fit together. */
static bool read_options(struct words *words)
{
	struct option_target target = { &words->config->options, &words->config->kernel,
		                        &words->text, words->report };

	while (at_option(words)) {
		if (!options_read(&target, take(words)))
			return false;
	}
	return options_check(target.options, words->report);
}

/* A file's name and the words after it up to the next separator. */
static void read_file_words(struct words *words, struct file *file)
{
	const char *before = "";

	file->name = words->text.at;
	copy(words, "", take(words));
	text_end_string(&words->text);
	file->command_line = words->text.at;
	for (; !at_separator(words); before = " ")
		copy(words, before, take(words));
	text_end_string(&words->text);
}

/* "--- [-raw] [-sha256=HEX] file [command line]", any number of times. */
static bool read_modules(struct words *words)
{
	struct config *config = words->config;

	while (words->left > 0) {
		struct file *module = &config->modules[config->module_count];

		take(words);
		if (config->module_count == CONFIG_MAX_MODULES)
			return refuse(words->report, DIAG_CONFIG_TOO_LONG, "more than %u modules",
			              CONFIG_MAX_MODULES);
		*module = (struct file){ 0 };
		while (at_option(words)) {
			if (!options_read_module(module, take(words), words->report))
				return false;
		}
		if (at_separator(words))
			return refuse(words->report, DIAG_CONFIG_NO_MODULE,
			              "separator number %u is followed by %s",
			              config->module_count + 1,
			              words->left == 0 ? "nothing" : "another");
		read_file_words(words, module);
		config->module_count++;
	}
	return true;
}

bool config_read(struct config *config, unsigned count, const char *const *given,
                 struct report *report)
{
	struct words words = { .config = config, .report = report, .next = given, .left = count };

	memset(config, 0, offsetof(struct config, modules));
	options_begin(&config->options);
	words.text = text_in(config->text, sizeof(config->text));
	if (!read_options(&words))
		return false;
	if (config->options.action != ACTION_START)
		return true;
	if (at_separator(&words))
		return refuse(report, DIAG_CONFIG_NO_KERNEL, "%s is followed by %s",
		              words.left == count ? "APPEND" : "the last option",
		              words.left == 0 ? "nothing" : "'---'");
	read_file_words(&words, &config->kernel);
	if (!read_modules(&words))
		return false;
	if (words.text.at == words.text.limit)
		return refuse(report, DIAG_CONFIG_TOO_LONG, "it has more than %u characters",
		              CONFIG_TEXT - 1);
	config->text_used = (size_t)(words.text.at - config->text);
	return true;
}

/* The length of the folder part of a file's name, including the slash. */
static size_t folder_length(const char *name)
{
	size_t length = text_length(name);

	while (length > 0 && name[length - 1] != '/')
		length--;
	return length;
}

bool config_add_module(struct config *config, unsigned at, const char *path,
                       const char *command_line, struct report *report)
{
	struct file *module = &config->modules[at];
	struct text text = { config->text + config->text_used, config->text + CONFIG_TEXT - 1 };
	const char *name = text.at;
	size_t folder = *path == '/' ? 0 : folder_length(config->kernel.name);

	if (config->module_count == CONFIG_MAX_MODULES)
		return refuse(report, DIAG_CONFIG_TOO_LONG, "more than %u modules",
		              CONFIG_MAX_MODULES);
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	for (size_t i = 0; i < folder; i++)
		text_add(&text, "%c", config->kernel.name[i]);
	text_add(&text, "%s", path);
	if (text.at >= text.limit)
		return refuse(report, DIAG_CONFIG_TOO_LONG, "names have more than %u characters",
		              CONFIG_TEXT - 1);
	config->text_used = (size_t)(text.at + 1 - config->text);
	memmove(module + 1, module, (config->module_count++ - at) * sizeof(*module));
	*module = (struct file){ .name = name, .command_line = command_line, .by_kernel = true };
	return true;
}
