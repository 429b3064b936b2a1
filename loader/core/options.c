/* SPDX-License-Identifier: MIT */
/* options.c - reads the loader's options. Knows their values and limits; opens no files. */
#include "core/options.h"

/* An option with a number in [low, high] that is a multiple of `align`, a power of two. */
static bool read_number_option(const struct option_target *target, const char *name,
                               const char *value, uint64_t low, uint64_t high, uint64_t align,
                               uint64_t *number)
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
	return refuse(target->report, DIAG_CONFIG_BAD_VALUE,
	              "-%s=%s: it must be %s, such as 64K, 1M or 0x200000", name, value, range);
}

/* An address option: not in the first page. Whether the CPU supports the address is checked later,
 * since -paging may follow. */
static bool read_address_option(const struct option_target *target, const char *name,
                                const char *value, uint64_t align, uint64_t *at)
{
	if (!text_read_number(value, at) || *at < align || (*at & (align - 1)) != 0)
		return refuse(target->report, DIAG_CONFIG_BAD_VALUE,
		              "-%s=%s: it must be an address, not 0, a multiple of %#llx, such as "
		              "0xffffc00000000000",
		              name, value, ULL(align));
	return true;
}

/* The address that an option gave must be one that the CPU supports; 0: none was given. */
static bool check_address(const struct options *options, const char *name, uint64_t at,
                          struct report *report)
{
	unsigned levels = options->paging_levels;
	uint64_t half = UINT64_C(1) << (virtual_bits(levels) - 1);

	if (is_canonical(at, 1, virtual_bits(levels)))
		return true;
	return refuse(report, DIAG_CONFIG_BAD_VALUE,
	              "-%s=%#llx: with %u-level paging addresses are below %#llx or from %#llx on",
	              name, ULL(at), levels, ULL(half), ULL(-half));
}

static bool read_paging(const struct option_target *target, const char *value)
{
	uint64_t levels;

	if (!text_read_number(value, &levels) || (levels != 4 && levels != 5))
		return refuse(target->report, DIAG_CONFIG_BAD_VALUE,
		              "-paging=%s: it must be 4 or 5", value);
	target->options->paging_levels = (unsigned)levels;
	target->options->paging_given = true;
	return true;
}

/* An option with one of three words; *choice is its number. */
static bool read_choice(const struct option_target *target, const char *name, const char *value,
                        const char *const choices[3], unsigned *choice)
{
	for (*choice = 0; *choice < 3; ++*choice) {
		if (text_equal(value, choices[*choice]))
			return true;
	}
	return refuse(target->report, DIAG_CONFIG_BAD_VALUE, "-%s=%s: %s, %s or %s", name, value,
	              choices[0], choices[1], choices[2]);
}

static bool read_on_error(const struct option_target *target, const char *value)
{
	static const char *const choices[] = { "prompt", "halt", "reboot" };
	unsigned choice;

	if (!read_choice(target, "onerror", value, choices, &choice))
		return false;
	target->options->on_error = (enum on_error)choice;
	return true;
}

static bool read_on_fault(const struct option_target *target, const char *value)
{
	static const char *const choices[] = { "halt", "reboot", "exit" };
	unsigned choice;

	if (!read_choice(target, "onfault", value, choices, &choice))
		return false;
	target->options->on_fault = (enum on_fault)choice;
	return true;
}

static bool read_explain(const struct option_target *target, const char *value)
{
	target->options->explain = text_equal(value, "on");
	return target->options->explain || text_equal(value, "off")
	    || refuse(target->report, DIAG_CONFIG_BAD_VALUE, "-explain=%s: it must be on or off",
	              value);
}

static bool read_smp(const struct option_target *target, const char *value)
{
	target->options->smp = target->options->x2apic = true;
	return text_equal(value, "x2apic")
	    || refuse(target->report, DIAG_CONFIG_BAD_VALUE,
	              "-smp=%s: it must be x2apic, or -smp alone", value);
}

/* A protocol's name and features, which choose.c and the protocol interpret. */
static bool read_protocol(const struct option_target *target, const char *value)
{
	target->options->protocol = target->text->at;
	text_add(target->text, "%s", value);
	text_end_string(target->text);
	return true;
}

/* The 64 hexadecimal digits of a SHA-256 digest, for one file. */
static bool read_digest(struct file *file, const char *value, struct report *report)
{
	for (unsigned i = 0; i < 2 * SHA256_SIZE; i++) {
		unsigned digit = text_digit(value[i]);

		if (digit >= 16)
			return refuse(
				report, DIAG_CONFIG_BAD_VALUE,
				"-sha256=%.64s: 64 hexadecimal digits, as sha256sum prints them",
				value);
		file->digest[i / 2] = (uint8_t)(file->digest[i / 2] * 16u + digit);
	}
	file->hashed = true;
	return value[2 * SHA256_SIZE] == 0
	    || refuse(report, DIAG_CONFIG_BAD_VALUE,
	              "-sha256=%.64s...: more than 64 hexadecimal digits", value);
}

static bool read_kernel_digest(const struct option_target *target, const char *value)
{
	return read_digest(target->kernel, value, target->report);
}

static bool read_video(const struct option_target *target, const char *value)
{
	return video_read_request(&target->options->video, value)
	    || refuse(target->report, DIAG_CONFIG_BAD_VALUE,
	              "-video=%.100s: it must be text, auto, or a size such as 1024x768 or "
	              "1024x768x32; ,any after it accepts other modes",
	              value);
}

/* If the item of a list at *at, up to a comma or the end, is `name`, moves past it. */
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

static bool read_log(const struct option_target *target, const char *value)
{
	static const char *const names[] = { "screen", "com1", "com2", "e9" };
	const char *at = value;
	unsigned log = 0;

	do {
		unsigned i = 0;

		while (i < COUNT(names) && !pass_part(&at, names[i]))
			i++;
		if (i == COUNT(names))
			return refuse(target->report, DIAG_CONFIG_BAD_VALUE,
			              "-log=%.100s: any of screen, com1, com2 and e9, with commas "
			              "between",
			              value);
		log |= 1u << i;
	} while (*at++ == ',');
	target->options->log = log;
	return true;
}

/* If `word` is "-name=value", the value; NULL if not. */
static const char *value_of(const char *word, const char *name)
{
	const char *value = text_after(word + 1, name);

	return value != NULL && *value == '=' ? value + 1 : NULL;
}

/* An option that takes the place of a kernel. */
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

/* How each kind of option reads its value; NULL means that none was given. */
#define READ_FLAG(name, field)                 \
	if (text_equal(word + 1, name)) {      \
		target->options->field = true; \
		return true;                   \
	}
#define READ_VALUE(name, read, drop)                \
	if ((value = value_of(word, name)) != NULL) \
		return read(target, value);
#define READ_NUMBER(name, field, low, high, align)                               \
	if ((value = value_of(word, name)) != NULL)                              \
		return read_number_option(target, name, value, low, high, align, \
		                          &target->options->field);
#define READ_ADDRESS(name, field, align)            \
	if ((value = value_of(word, name)) != NULL) \
		return read_address_option(target, name, value, align, &target->options->field);

/* True if `word` is "-name", or with `value` "-name=value", of an option whatever its kind. */
static bool names_option(const char *word, bool value)
{
#define OPTION(name, ...)                                                      \
	if (value ? value_of(word, name) != NULL : text_equal(word + 1, name)) \
		return true;
#include "core/options.def"
	return false;
}

/* What is wrong with a word that looks like one of our options; "" if it does not. */
static const char *almost_right(const char *word)
{
	if (text_equal(word, "-raw"))
		return ": it belongs before a module's name";
	if (names_option(word, false))
		return ": it needs a value, after '='";
	if (names_option(word, true))
		return ": it takes no value";
	if (word[1] == '-' && (names_option(word + 1, false) || names_option(word + 1, true)))
		return ": it begins with one '-'";
	return "";
}

bool options_read(const struct option_target *target, const char *word)
{
	const char *value;

	if (read_action(target->options, word))
		return true;
#define OPTION(name, kind, scope, ...) READ_##kind(name, __VA_ARGS__)
#include "core/options.def"
	return refuse(target->report, DIAG_CONFIG_UNKNOWN_OPTION, "%.100s%s", word,
	              almost_right(word));
}

bool options_read_module(struct file *file, const char *word, struct report *report)
{
	const char *value = value_of(word, "sha256");

	if (value != NULL)
		return read_digest(file, value, report);
	file->raw = text_equal(word, "-raw");
	return file->raw
	    || refuse(report, DIAG_CONFIG_UNKNOWN_OPTION,
	              "%.100s before a module; it must be -raw or -sha256=HEX", word);
}

bool options_check(const struct options *options, struct report *report)
{
	return (options->stack_at | options->direct_map) == 0
	    || (check_address(options, "stack-at", options->stack_at, report)
	        && check_address(options, "direct-map", options->direct_map, report));
}

void options_begin(struct options *options)
{
	memset(options, 0, sizeof(*options));
	options->paging_levels = 4;
	options->explain = true;
}

/* Sets an option's value to zero; true if it was not zero. */
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

static bool drop_paging(struct options *options)
{
	bool given = options->paging_levels == 5;

	options->paging_levels = 4;
	return given;
}

static bool drop_video(struct options *options)
{
	bool given = options->video.want != VIDEO_TEXT;

	options->video.want = VIDEO_TEXT;
	return given;
}

static bool drop_nothing(struct options *options)
{
	(void)options;
	return false;
}

/* How each kind of option is reset to its default; true if it had been given. */
#define DROP_FLAG(field)           take_back(&options->field, sizeof(options->field))
#define DROP_NUMBER(field, ...)    take_back(&options->field, sizeof(options->field))
#define DROP_ADDRESS(field, align) take_back(&options->field, sizeof(options->field))
#define DROP_VALUE(read, drop)     drop(options)

void options_drop(struct options *options, unsigned honoured, const char *protocol,
                  struct report *report)
{
	if (honoured == OPTIONS_ALL)
		return;
#define OPTION(name, kind, scope, ...)                                                           \
	if ((scope) && (honoured & (scope)) == 0 && DROP_##kind(__VA_ARGS__))                    \
		warn(report, DIAG_CONFIG_NOT_FOR_PROTOCOL, "-%s, and this is a %s kernel", name, \
		     protocol);
#define OF_ANY          0
#define OF_PROTOCOL(id) OPTION_##id
#include "core/options.def"
}
