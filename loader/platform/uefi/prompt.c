/* SPDX-License-Identifier: MIT */
/* prompt.c - the configuration file and the prompt. labels.c reads the file and line.c edits the
 * line; this file connects them with the firmware. */
#include "platform/uefi/prompt.h"

#include "core/colour.h"
#include "core/text.h"
#include "core/version.h"
#include "platform/console/console.h"
#include "platform/platform.h"
#include "platform/uefi/firmware.h"
#include "platform/uefi/given.h"
#include "platform/uefi/screen.h"
#include "platform/uefi/signed_config.h"
#include "platform/uefi/volume.h"
#include "standalone/labels.h"
#include "standalone/line.h"

#define WORDS (CONFIG_TEXT / 2)
#define TICK  20000 /* microseconds between two looks at the keyboard */
#define TENTH 100000

/* Where a configuration file may be, and what it may be called: first beside our own image, then
 * where Syslinux looks for it. */
static const char *const folders[] = {
	NULL,        "/isolinux",      "/boot/isolinux", "/boot/syslinux",
	"/syslinux", "/boot/extlinux", "/boot",          ""
};
static const char *const names[] = { "isolinux.cfg", "syslinux.cfg", "extlinux.conf" };

static struct labels labels;
static struct line line;
static char words_text[CONFIG_TEXT];
static const char *words[WORDS];
static unsigned word_count;
static const char *program; /* that the command names */
static enum command outcome;
static bool is_read;         /* there is a configuration file */
static struct report unread; /* why the one that there is could not be read */
static bool is_known;        /* there is a command: outcome and what goes with it are set */
static bool is_later;        /* the file's own choice has had its turn */
static bool has_asked;       /* for a line */

/* Reads the configuration that is signed with us. Only its entries can be started, without
 * changes. */
static void read_signed(void)
{
	struct span from = signed_config_text();
	void *text;

	if (firmware.boot->allocate_pool(EFI_LOADER_DATA, from.size + 1, &text) != EFI_SUCCESS)
		return;
	memcpy(text, from.bytes, (size_t)from.size);
	labels_read(&labels, text, from.size);
	labels.fixed = labels.labels_only = true;
	is_read = true;
}

/* Reads the open file of that name into new memory. */
static bool read_file(const char *name, struct efi_file *file)
{
	uint64_t size, got;
	void *text;

	if (!volume_size(file, &size))
		return refuse(&unread, DIAG_FILE_MISSING, "%s: its size is unknown", name);
	if (firmware.boot->allocate_pool(EFI_LOADER_DATA, size + 1, &text) != EFI_SUCCESS)
		return refuse(&unread, DIAG_FILE_NO_MEMORY, "%s takes %llu KiB", name,
		              ULL(size / KIB));
	got = volume_read(file, text, size);
	if (got != size)
		return refuse(&unread, DIAG_FILE_CUT, "%s: %llu of %llu bytes could be read", name,
		              ULL(got), ULL(size));
	labels_read(&labels, text, size);
	return true;
}

/* Notes why a file in our folder could not be opened, although it may be there. */
static void note_unread(const char *name, efi_status status)
{
	char path[PATH_MAX];
	struct text text = text_in(path, sizeof(path));

	text_add(&text, "%s/%s", volume_folder(), name);
	if (unread.count == 0)
		volume_refuse(path, status, &unread);
}

/* Looks for a configuration file in our folder. What cannot be read is noted. */
static bool find_in_folder(void)
{
	for (unsigned i = 0; i < COUNT(names); i++) {
		efi_status status;
		struct efi_file *file = volume_find(names[i], &status);

		if (file == NULL && status != EFI_NOT_FOUND)
			note_unread(names[i], status);
		if (file == NULL)
			continue;
		unread.count = 0;
		if (!signed_config_is_there())
			is_read = read_file(names[i], file);
		file->close(file);
		return true;
	}
	return false;
}

/* Looks for a configuration file, and makes its folder ours. */
static void find_file(void)
{
	char own[PATH_MAX];

	volume_own_folder(own, sizeof(own));
	for (unsigned i = 0; i < COUNT(folders); i++) {
		volume_set_folder(folders[i] != NULL ? folders[i] : own);
		if (find_in_folder())
			return;
	}
	for (unsigned i = 0; i < COUNT(folders) && unread.count == 0; i++) {
		volume_set_folder(folders[i] != NULL ? folders[i] : own);
		if (volume_lost_folder(names[0]))
			note_unread(names[0], EFI_NOT_FOUND);
	}
	volume_set_folder(own);
}

/* Opens the console that the file asks for. */
static void open_console(void)
{
	struct console console = { .screen = true };
	uint32_t baud;
	bool screen;

	if (labels.serial != NULL && labels_serial(labels.serial, &console.port, &baud, &screen)) {
		console.divisor = (uint16_t)(115200 / baud);
		console.screen = screen;
	}
	console_open(&console);
}

/* True if the file wants a line to be asked for, whether a key is held or not. */
static bool always_asks(void)
{
	return labels.prompt || labels.menu || (is_read && labels.start == NULL);
}

void prompt_open(void)
{
	struct report report = { 0 };

	if (volume_open(&report))
		find_file();
	if (signed_config_is_there())
		read_signed();
	open_console();
	if (always_asks())
		screen_give_back(); /* so that all text at a prompt looks alike */
	for (unsigned i = 0; i < labels.say_count; i++)
		console_print("%s\n", labels.says[i]);
}

/* The names of what can be started. */
static void list_labels(void)
{
	platform_write("Entries:");
	for (unsigned i = 0; i < labels.count; i++)
		console_print(" %s", labels.list[i].name);
	platform_write(labels.count > 0 ? "\n" : " none\n");
	if (labels.lost > 0)
		console_print("... and %u more\n", labels.lost);
	if (labels.passed_over > 0)
		console_print("Ignored what only Syslinux can do (first: %s in line %u)\n",
		              labels.passed_word, labels.passed_line);
}

/* Prints what will be started if nothing is typed, and when. */
static void tell_countdown(unsigned timeout)
{
	const char *start = labels.timeout_start != NULL ? labels.timeout_start : labels.start;

	if (timeout > 0 && start != NULL)
		console_print("%s starts in %u s; any key stops it\n", start, (timeout + 9) / 10);
}

/* Waits for a key, for at most this many tenths of a second (0: for ever); KEY_NOTHING if none
 * came. */
static unsigned wait_key(unsigned tenths)
{
	for (uint64_t left = tenths * UINT64_C(TENTH); tenths == 0 || left > 0;) {
		unsigned key = screen_key();

		if (key != KEY_NOTHING)
			return key;
		firmware.boot->stall(TICK);
		left -= min_u64(left, TICK);
	}
	return KEY_NOTHING;
}

/* Asks for a line. False if the user wants to leave. If time runs out, the line is empty, and
 * *start is what is to be started then. */
static bool ask(unsigned timeout, const char **start)
{
	static char echo[LINE_ECHO];
	unsigned key;

	line_begin(&line);
	platform_write("boot: ");
	for (;;) {
		struct text text = text_in(echo, sizeof(echo));

		key = wait_key(timeout);
		timeout = 0;
		if (key == KEY_NOTHING || key == KEY_ENTER || key == KEY_LEAVE)
			break;
		if (key == KEY_LIST) {
			platform_write("\n");
			list_labels();
			platform_write("boot: ");
			line_show(&line, &text);
		} else
			line_key(&line, key, &text);
		platform_write(echo);
	}
	platform_write("\n");
	if (key == KEY_NOTHING && labels.timeout_start != NULL)
		*start = labels.timeout_start;
	return key != KEY_LEAVE;
}

/* Looks a command up. False if it is to leave. */
static bool use(const char *command)
{
	is_known = command != NULL;
	if (!is_known)
		return true;
	word_count = COUNT(words);
	outcome = labels_command(&labels, command, words_text, sizeof(words_text), words,
	                         &word_count, &program);
	return outcome != COMMAND_LEAVE
	    && !(outcome == COMMAND_UNKNOWN && text_equal(program, "exit"));
}

/* Asks until there is something to be started. */
static bool ask_and_use(unsigned timeout)
{
	const char *start = labels.start;

	do {
		if (!ask(timeout, &start))
			return false;
		timeout = 0;
		if (!use(line.length != 0 ? line.text : start))
			return false;
	} while (!is_known);
	return true;
}

bool prompt_next(void)
{
	bool is_asked = is_later || always_asks() || (!labels.no_escape && screen_is_called());
	unsigned timeout = is_later ? 0 : labels.timeout;
	const char *given;

	if (!is_later && given_words(&given) && *given != 0) {
		is_later = true;
		return use(given);
	}
	if (!is_asked) {
		is_later = true;
		return use(labels.start);
	}
	has_asked = true;
	screen_give_back();
	firmware.boot->set_watchdog(0, 0, 0, NULL);
	if (!is_later && (labels.menu || labels.say_count == 0))
		list_labels();
	if (!is_later)
		tell_countdown(timeout);
	is_later = true;
	return ask_and_use(timeout);
}

bool prompt_has_asked(void)
{
	return has_asked;
}

void prompt_explain(void)
{
	platform_write("Type an entry (" IN_STRONG "Tab" IN_PLAIN " lists them)");
	if (!labels.labels_only)
		platform_write(" or " IN_STRONG "longjump.c32 FILE" IN_PLAIN);
	platform_write("; " IN_STRONG "Esc" IN_PLAIN " goes back to the firmware\n");
}

bool prompt_words(unsigned *count, const char *const **list, struct report *report)
{
	if (!volume_open(report))
		return false;
	if (!is_known && unread.count != 0) {
		*report = unread;
		return false;
	}
	if (!is_known)
		return refuse(report, DIAG_UEFI_NO_CONFIG, "looked for in %s/, /isolinux/ ...",
		              volume_folder());
	*list = words;
	*count = word_count;
	if (outcome == COMMAND_LONG)
		return refuse(report, DIAG_CONFIG_TOO_LONG,
		              "it has more than %zu bytes or %zu words", sizeof(words_text),
		              COUNT(words));
	if (outcome == COMMAND_FOREIGN)
		return refuse(report, DIAG_LABEL_FOREIGN, "%.60s", program);
	return outcome == COMMAND_START || refuse(report, DIAG_LABEL_UNKNOWN, "%.60s", program);
}
