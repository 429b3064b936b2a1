/* SPDX-License-Identifier: MIT */
/* config.c - reads the words after APPEND. Opens no files; knows the options, their values and
 * their limits. */
#include "core/config.h"

/* The words that are still to be read, and where text is copied to. */
struct words {
	struct config *config;
	struct report *report;
	const char *const *next;
	unsigned left;
	struct text text;
};

/* Copies a word to the configuration's text, after `before` if that is not 0. Text that does not
 * fit is noticed at the end. */
static void copy(struct words *words, const char *before, const char *word)
{
	text_add(&words->text, "%s%s", before, word);
}

/* Ends the string that copy() has been adding to. */
static void end_string(struct words *words)
{
	if (words->text.at < words->text.limit)
		*++words->text.at = 0;
}

/* An option with a number in [low, high] that is a multiple of `align`, a power of two. */
static bool read_number_option(struct words *words, const char *name, const char *value,
                               uint64_t low, uint64_t high, uint64_t align, uint64_t *number)
{
	char range[80];
	struct text text = text_in(range, sizeof(range));

	if (text_read_number(value, number) && *number >= low && *number <= high
	    && (*number & (align - 1)) == 0)
		return true;
	text_add_size(&text, low);
	text_add(&text, " to ");
	text_add_size(&text, high);
	text_add(&text, " in steps of ");
	text_add_size(&text, align);
	return refuse(words->report, DIAG_ORDER_BAD_VALUE,
	              "-%s=%s: it wants %s, such as 64K, 1M or 0x200000", name, value, range);
}

/* An address option: not in the first page. Whether the CPU has the address is asked later, since
 * -paging may follow. */
static bool read_address_option(struct words *words, const char *name, const char *value,
                                uint64_t align, uint64_t *at)
{
	if (!text_read_number(value, at) || *at < align || (*at & (align - 1)) != 0)
		return refuse(words->report, DIAG_ORDER_BAD_VALUE,
		              "-%s=%s: it wants an address, not 0, a multiple of %#llx, such as "
		              "0xffffc00000000000",
		              name, value, ULL(align));
	return true;
}

/* The address that an option gave must be one that the CPU has; 0 is none. */
static bool check_address(const struct words *words, const char *name, uint64_t at)
{
	unsigned levels = words->config->options.paging_levels;
	uint64_t half = UINT64_C(1) << (virtual_bits(levels) - 1);

	if (is_canonical(at, 1, virtual_bits(levels)))
		return true;
	return refuse(words->report, DIAG_ORDER_BAD_VALUE,
	              "-%s=%#llx: with %u-level paging addresses are below %#llx or from %#llx on",
	              name, ULL(at), levels, ULL(half), ULL(-half));
}

static bool read_paging(struct words *words, const char *value)
{
	uint64_t levels;

	if (!text_read_number(value, &levels) || (levels != 4 && levels != 5))
		return refuse(words->report, DIAG_ORDER_BAD_VALUE, "-paging=%s: it wants 4 or 5",
		              value);
	words->config->options.paging_levels = (unsigned)levels;
	words->config->options.paging_given = true;
	return true;
}

/* An option with one of three words; *choice is its number. */
static bool read_choice(struct words *words, const char *name, const char *value,
                        const char *const choices[3], unsigned *choice)
{
	for (*choice = 0; *choice < 3; ++*choice) {
		if (text_equal(value, choices[*choice]))
			return true;
	}
	return refuse(words->report, DIAG_ORDER_BAD_VALUE, "-%s=%s: %s, %s or %s", name, value,
	              choices[0], choices[1], choices[2]);
}

static bool read_on_error(struct words *words, const char *value)
{
	static const char *const choices[] = { "prompt", "halt", "reboot" };
	unsigned choice;

	if (!read_choice(words, "onerror", value, choices, &choice))
		return false;
	words->config->options.on_error = (enum on_error)choice;
	return true;
}

static bool read_on_fault(struct words *words, const char *value)
{
	static const char *const choices[] = { "halt", "reboot", "exit" };
	unsigned choice;

	if (!read_choice(words, "onfault", value, choices, &choice))
		return false;
	words->config->options.on_fault = (enum on_fault)choice;
	return true;
}

static bool read_explain(struct words *words, const char *value)
{
	words->config->options.explain = text_equal(value, "on");
	return words->config->options.explain || text_equal(value, "off")
	    || refuse(words->report, DIAG_ORDER_BAD_VALUE, "-explain=%s: on or off", value);
}

static bool read_smp(struct words *words, const char *value)
{
	words->config->options.smp = words->config->options.x2apic = true;
	return text_equal(value, "x2apic")
	    || refuse(words->report, DIAG_ORDER_BAD_VALUE, "-smp=%s: x2apic, or nothing at all",
	              value);
}

/* A protocol's name, which others know how to read. */
static bool read_protocol(struct words *words, const char *value)
{
	words->config->options.protocol = words->text.at;
	copy(words, "", value);
	end_string(words);
	return true;
}

/* The 64 hexadecimal digits of a SHA-256 digest, for one file. */
static bool read_digest(struct words *words, struct file *file, const char *value)
{
	for (unsigned i = 0; i < 2 * SHA256_SIZE; i++) {
		unsigned digit = text_digit(value[i]);

		if (digit >= 16)
			return refuse(
				words->report, DIAG_ORDER_BAD_VALUE,
				"-sha256=%.64s: 64 hexadecimal digits, as sha256sum prints them",
				value);
		file->digest[i / 2] = (uint8_t)(file->digest[i / 2] * 16u + digit);
	}
	file->hashed = true;
	return value[2 * SHA256_SIZE] == 0
	    || refuse(words->report, DIAG_ORDER_BAD_VALUE,
	              "-sha256=%.64s...: more than 64 hexadecimal digits", value);
}

static bool read_video(struct words *words, const char *value)
{
	return video_read_request(&words->config->options.video, value)
	    || refuse(words->report, DIAG_ORDER_BAD_VALUE,
	              "-video=%.100s: text, auto, or a size such as 1024x768 or 1024x768x32; "
	              "then ,any to take what there is",
	              value);
}

/* If the part of a list at *at, up to a comma or the end, is `name`, passes it. */
static bool pass_part(const char **at, const char *name)
{
	const char *end = *at;

	for (; *name != 0; name++, end++) {
		if (*end != *name)
			return false;
	}
	if (*end != 0 && *end != ',')
		return false;
	*at = end;
	return true;
}

static bool read_log(struct words *words, const char *value)
{
	static const char *const names[] = { "screen", "com1", "com2", "e9" };
	const char *at = value;
	unsigned log = 0;

	do {
		unsigned i = 0;

		while (i < COUNT(names) && !pass_part(&at, names[i]))
			i++;
		if (i == COUNT(names))
			return refuse(words->report, DIAG_ORDER_BAD_VALUE,
			              "-log=%.100s: screen, com1, com2 and e9, with commas between",
			              value);
		log |= 1u << i;
	} while (*at++ == ',');
	words->config->options.log = log;
	return true;
}

/* If `word` is "-name=value", the value; NULL if not. */
static const char *value_of(const char *word, const char *name)
{
	for (word++; *name != 0; word++, name++) {
		if (*word != *name)
			return NULL;
	}
	return *word == '=' ? word + 1 : NULL;
}

/* An option that is there or not. */
static bool read_flag(struct options *options, const char *word)
{
	static const struct {
		const char *name;
		size_t offset;
	} flags[] = {
		{ "kaslr", offsetof(struct options, kaslr) },
		{ "kernelfile", offsetof(struct options, kernel_file) },
		{ "tsc", offsetof(struct options, tsc) },
		{ "smp", offsetof(struct options, smp) },
		{ "verbose", offsetof(struct options, verbose) },
		{ "quiet", offsetof(struct options, quiet) },
	};

	for (unsigned i = 0; i < COUNT(flags); i++) {
		if (text_equal(word + 1, flags[i].name)) {
			*(bool *)((char *)options + flags[i].offset) = true;
			return true;
		}
	}
	return false;
}

/* An option instead of a kernel. */
static bool read_action(struct options *options, const char *word)
{
	if (text_equal(word, "-poweroff"))
		options->action = ACTION_POWER_OFF;
	else if (text_equal(word, "-reboot"))
		options->action = ACTION_REBOOT;
	else
		return false;
	return true;
}

/* One option: a word that begins with '-'. */
static bool read_option(struct words *words, const char *word)
{
	struct options *options = &words->config->options;
	const char *value;

	if (read_flag(options, word) || read_action(options, word))
		return true;
	if ((value = value_of(word, "sha256")) != NULL)
		return read_digest(words, &words->config->kernel, value);
	if ((value = value_of(word, "stack")) != NULL)
		return read_number_option(words, "stack", value, PAGE_SIZE, GIB, PAGE_SIZE,
		                          &options->stack_size);
	if ((value = value_of(word, "stack-at")) != NULL)
		return read_address_option(words, "stack-at", value, PAGE_SIZE, &options->stack_at);
	if ((value = value_of(word, "direct-map")) != NULL)
		return read_address_option(words, "direct-map", value, GIB, &options->direct_map);
	if ((value = value_of(word, "identity")) != NULL)
		return read_number_option(words, "identity", value, PAGE_SIZE, 1024 * GIB,
		                          PAGE_SIZE, &options->identity);
	if ((value = value_of(word, "paging")) != NULL)
		return read_paging(words, value);
	if ((value = value_of(word, "smp")) != NULL)
		return read_smp(words, value);
	if ((value = value_of(word, "protocol")) != NULL)
		return read_protocol(words, value);
	if ((value = value_of(word, "onerror")) != NULL)
		return read_on_error(words, value);
	if ((value = value_of(word, "onfault")) != NULL)
		return read_on_fault(words, value);
	if ((value = value_of(word, "explain")) != NULL)
		return read_explain(words, value);
	if ((value = value_of(word, "video")) != NULL)
		return read_video(words, value);
	if ((value = value_of(word, "log")) != NULL)
		return read_log(words, value);
	return refuse(words->report, DIAG_ORDER_UNKNOWN_OPTION, "%.100s", word);
}

/* One option before a module's name. */
static bool read_module_option(struct words *words, struct file *file, const char *word)
{
	const char *value = value_of(word, "sha256");

	if (value != NULL)
		return read_digest(words, file, value);
	file->raw = text_equal(word, "-raw");
	return file->raw
	    || refuse(words->report, DIAG_ORDER_UNKNOWN_OPTION,
	              "%.100s before a module; there are -raw and -sha256=HEX", word);
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
	const struct options *options = &words->config->options;

	while (at_option(words)) {
		if (!read_option(words, take(words)))
			return false;
	}
	return check_address(words, "stack-at", options->stack_at)
	    && check_address(words, "direct-map", options->direct_map);
}

/* A file's name and the words behind it up to the next separator. */
static void read_file_words(struct words *words, struct file *file)
{
	const char *before = "";

	file->name = words->text.at;
	copy(words, "", take(words));
	end_string(words);
	file->command_line = words->text.at;
	for (; !at_separator(words); before = " ")
		copy(words, before, take(words));
	end_string(words);
}

/* "--- [-raw] [-sha256=HEX] file [command line]", any number of times. */
static bool read_modules(struct words *words)
{
	struct config *config = words->config;

	while (words->left > 0) {
		struct file *module = &config->modules[config->module_count];

		take(words);
		if (config->module_count == CONFIG_MAX_MODULES)
			return refuse(words->report, DIAG_ORDER_TOO_LONG, "more than %u modules",
			              CONFIG_MAX_MODULES);
		*module = (struct file){ 0 };
		while (at_option(words)) {
			if (!read_module_option(words, module, take(words)))
				return false;
		}
		if (at_separator(words))
			return refuse(words->report, DIAG_ORDER_NO_MODULE,
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
	config->options.paging_levels = 4;
	config->options.explain = true;
	words.text = text_in(config->text, sizeof(config->text));
	if (!read_options(&words))
		return false;
	if (config->options.action != ACTION_START)
		return true;
	if (at_separator(&words))
		return refuse(report, DIAG_ORDER_NO_KERNEL, "%s is followed by %s",
		              words.left == count ? "APPEND" : "the last option",
		              words.left == 0 ? "nothing" : "'---'");
	read_file_words(&words, &config->kernel);
	if (!read_modules(&words))
		return false;
	if (words.text.at == words.text.limit)
		return refuse(report, DIAG_ORDER_TOO_LONG, "it has more than %u characters",
		              CONFIG_TEXT - 1);
	config->text_used = (size_t)(words.text.at - config->text);
	return true;
}

/* How many characters of a file's name are its folder, with the slash behind. */
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
		return refuse(report, DIAG_ORDER_TOO_LONG, "more than %u modules",
		              CONFIG_MAX_MODULES);
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	for (size_t i = 0; i < folder; i++)
		text_add(&text, "%c", config->kernel.name[i]);
	text_add(&text, "%s", path);
	if (text.at >= text.limit)
		return refuse(report, DIAG_ORDER_TOO_LONG, "names have more than %u characters",
		              CONFIG_TEXT - 1);
	config->text_used = (size_t)(text.at + 1 - config->text);
	memmove(module + 1, module, (config->module_count++ - at) * sizeof(*module));
	*module = (struct file){ .name = name, .command_line = command_line, .by_kernel = true };
	return true;
}

/* Makes an option's value zero; true if it was not. */
static bool take_back(void *value, size_t size)
{
	uint8_t *bytes = value;
	bool given = false;

	for (size_t i = 0; i < size; i++) {
		given |= bytes[i] != 0;
		bytes[i] = 0;
	}
	return given;
}

void config_drop_options(struct config *config, unsigned honoured, const char *protocol,
                         struct report *report)
{
	struct options *options = &config->options;
	bool five_levels = options->paging_levels == 5;
	bool pixels = options->video.want != VIDEO_TEXT;
	const struct {
		enum option option;
		const char *name;
		void *value;
		size_t size;
	} all[] = {
		{ OPTION_STACK, "stack", &options->stack_size, sizeof(options->stack_size) },
		{ OPTION_STACK_AT, "stack-at", &options->stack_at, sizeof(options->stack_at) },
		{ OPTION_DIRECT_MAP, "direct-map", &options->direct_map, sizeof(uint64_t) },
		{ OPTION_IDENTITY, "identity", &options->identity, sizeof(options->identity) },
		{ OPTION_PAGING, "paging", &five_levels, sizeof(five_levels) },
		{ OPTION_KERNEL_FILE, "kernelfile", &options->kernel_file, sizeof(bool) },
		{ OPTION_KASLR, "kaslr", &options->kaslr, sizeof(options->kaslr) },
		{ OPTION_TSC, "tsc", &options->tsc, sizeof(options->tsc) },
		{ OPTION_SMP, "smp", &options->smp, sizeof(options->smp) },
		{ OPTION_VIDEO, "video", &pixels, sizeof(pixels) },
	};

	for (unsigned i = 0; i < COUNT(all); i++) {
		if ((honoured & all[i].option) == 0 && take_back(all[i].value, all[i].size))
			warn(report, DIAG_ORDER_NOT_FOR_PROTOCOL, "-%s, and this is a %s kernel",
			     all[i].name, protocol);
	}
	options->paging_levels = five_levels ? 5 : 4;
	if (!pixels)
		options->video.want = VIDEO_TEXT;
}
