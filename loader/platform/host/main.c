/* SPDX-License-Identifier: MIT */
/*
 * main.c - build/check: the loader up to the launch, on the host. It takes the same words as the
 * module does after APPEND, reads the same files, and refuses with the same messages; then it looks
 * for problems that the loader does not check for.
 *
 *     build/check [--memory=BYTES] [--json] -- [-option=value ...] kernel.elf [command line] ...
 *
 * Ends with 0 if the loader would start the kernel, 1 if it would refuse, 2 if a file cannot be
 * read, or what was found cannot be written.
 */
#include "platform/host/check.h"
#include "platform/host/read.h"
#include "platform/host/show_json.h"
#include "platform/host/show_text.h"
#include "platform/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MEMORY (256 * MIB)

/* The exit status. */
enum { STARTS, REFUSED, UNREADABLE, UNWRITABLE = UNREADABLE };

/* The state of this platform. */
static struct {
	struct check check;
	const char *const *words;
	unsigned count;
	bool as_json;
} host;

/* Which of the three it is. */
static int status_of(const struct check *check)
{
	const struct finding *refusal = check_refusal(check);

	if (refusal == NULL)
		return check->prepared ? STARTS : REFUSED; /* -poweroff, -reboot */
	return refusal->code == DIAG_FILE_MISSING || refusal->code == DIAG_FILE_CUT ? UNREADABLE
	                                                                            : REFUSED;
}

/* Examines the kernel as far as the loader has read it, and prints the findings. */
static int finish(bool prepared)
{
	check_look(&host.check, prepared);
	if (host.as_json)
		show_json(&host.check);
	else
		show_text(&host.check);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("check: what was found cannot be written");
		return UNWRITABLE;
	}
	return status_of(&host.check);
}

uint64_t platform_time(void)
{
	return 0;
}

void platform_open(struct machine *machine)
{
	model_describe(&host.check.model, machine);
}

bool platform_words(unsigned *count, const char *const **words, struct report *report)
{
	(void)report; /* argv always exists */
	*count = host.count;
	*words = host.words;
	return true;
}

void *platform_take(uint64_t size, uint64_t align)
{
	(void)align; /* calloc()'s alignment is enough here */
	return calloc(1, (size_t)size);
}

/* show_text() and show_json() print the messages. */
void platform_console(const struct options *options, struct machine *machine)
{
	(void)options, (void)machine;
}

void platform_write(const char *text)
{
	(void)text;
}

void platform_use_screen(bool emptied)
{
	(void)emptied;
}

/* Does not switch the host off or restart it. */
bool platform_obey(enum action action, struct report *report)
{
	(void)action, (void)report;
	exit(finish(false));
}

bool platform_machine(struct machine *machine, struct report *report)
{
	(void)machine, (void)report; /* model_describe() has filled it all in */
	return true;
}

/* The kernel's own modules would be on the disc, which is not known here. */
bool platform_load(struct file *file, struct report *report)
{
	return file->by_kernel || read_file(file, &host.check.model, report);
}

bool platform_facts(struct machine *machine, const struct options *wanted, struct report *report)
{
	(void)machine, (void)wanted, (void)report;
	return true;
}

bool platform_take_rest(uint64_t least, uint64_t most, struct phys_range *rest)
{
	(void)most;
	*rest = model_rest(&host.check.model);
	return rest->end - rest->begin >= least;
}

bool platform_video_set(const struct machine *machine, struct report *report)
{
	(void)machine, (void)report;
	return true;
}

_Noreturn void platform_launch(const struct boot *boot)
{
	(void)boot;
	exit(finish(true));
}

void platform_fail(struct machine *machine, enum on_error on_error, unsigned seconds)
{
	(void)machine, (void)on_error, (void)seconds; /* main() continues */
}

static void put_error(const char *text)
{
	fputs(text, stderr);
}

/* Prints the usage, and exits. */
static _Noreturn void misuse(const char *word)
{
	put_error("check: what is ");
	text_show(word, put_error);
	put_error("?\nusage: check [--memory=BYTES] [--json] -- WORD...   (the words after "
	          "APPEND)\n");
	exit(UNREADABLE);
}

int main(int argc, char **argv)
{
	uint64_t memory = DEFAULT_MEMORY;
	int at = 1;

	for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
		char *end = argv[at];

		if (strcmp(argv[at], "--json") == 0)
			host.as_json = true;
		else if (strncmp(argv[at], "--memory=", 9) == 0)
			memory = strtoull(argv[at] + 9, &end, 10);
		else
			misuse(argv[at]);
		if (*end != 0 && end != argv[at])
			misuse(argv[at]);
	}
	at += at < argc;
	if (!model_open(&host.check.model, memory))
		return UNREADABLE;
	host.count = (unsigned)(argc - at);
	host.words = (const char *const *)argv + at;
	boot_run(&host.check.run);
	return finish(false);
}
