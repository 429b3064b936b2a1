/* SPDX-License-Identifier: MIT */
/*
 * main.c - build/check: the loader up to the launch, on this machine. It takes the same words as
 * the module does after APPEND, reads the same files, and refuses in the same words; then it looks
 * for what the loader does not ask about.
 *
 *     build/check [--memory=BYTES] [--json] -- [-option=value ...] kernel.elf [command line] ...
 *
 * Ends with 0 if the loader would start the kernel, 1 if it would refuse, 2 if a file cannot be
 * read.
 */
#include "platform/host/check.h"
#include "platform/host/lint.h"
#include "platform/host/read.h"
#include "platform/host/show_json.h"
#include "platform/host/show_text.h"
#include "protocols/protocols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MEMORY (256 * MIB)

/* What the shell is told. */
enum { STARTS, REFUSED, UNREADABLE };

/*
 * Reads the kernel, asks it how it is to be started and what it would like to have, and reads the
 * modules. Those that the kernel itself names are looked for on the disc, of which nothing is known
 * here.
 */
static bool read_files(struct check *check)
{
	struct config *config = &check->config;
	unsigned modules = config->module_count;

	if (!read_file(&config->kernel, &check->model, &check->report)
	    || (check->protocol = protocol_choose(config, &check->report)) == NULL
	    || !boot_request(&check->boot, &check->model.machine, config, check->protocol,
	                     &check->report))
		return false;
	memmove(config->modules, config->modules + (config->module_count - modules),
	        modules * sizeof(config->modules[0]));
	config->module_count = modules;
	for (unsigned i = 0; i < config->module_count; i++) {
		if (!read_file(&config->modules[i], &check->model, &check->report))
			return false;
	}
	return true;
}

/* The kernel can be told about even if the machine has no room for it. */
static void read_kernel(struct check *check)
{
	static struct report unused;
	unsigned bits = check->config.options.paging_levels == 5 ? 57 : 48;

	check->readable = check->protocol != NULL
	               && check->protocol->read(&check->boot.kernel, check->config.kernel.bytes,
	                                        bits, &unused);
}

/* Words what the kernel asks for by itself, or where it cannot, what is asked for it behind the
 * protocol's name: "name,this,that". */
static void describe(struct check *check)
{
	struct text text = text_in(check->asks, sizeof(check->asks));
	const char *choice = check->config.options.protocol;

	if (check->readable && check->protocol->describe != NULL) {
		check->protocol->describe(&check->boot.kernel, &text);
		return;
	}
	while (choice != NULL && *choice != 0 && *choice != ',')
		choice++;
	for (const char *at = choice; at != NULL && *at != 0; at++) {
		if (*at != ',')
			text_add(&text, "%c", *at);
		else if (at != choice)
			text_add(&text, "\n");
	}
}

/* Everything that the loader does before it leaves the BIOS, and then what it does not. */
static void run(struct check *check, unsigned count, const char *const *words)
{
	struct report *report = &check->report;

	if (!config_read(&check->config, count, words, report))
		return;
	check->prepared = read_files(check)
	               && model_take_scratch(&check->model, &check->boot, report)
	               && boot_prepare(&check->boot, &check->model.machine, &check->config,
	                               check->protocol, &check->model.scratch, report);
	if (check->protocol == NULL)
		return; /* there are no bytes to tell about */
	check->sections = sections_read(check->config.kernel.bytes);
	if (check->prepared) {
		check->readable = true;
		lint(&check->boot.plan, &check->sections);
	} else {
		read_kernel(check);
	}
	describe(check);
}

/* Which of the three it is. */
static int status_of(const struct check *check)
{
	const struct finding *refusal = check_refusal(check);

	if (refusal == NULL)
		return STARTS;
	return refusal->code == DIAG_FILE_MISSING || refusal->code == DIAG_FILE_CUT ? UNREADABLE
	                                                                            : REFUSED;
}

/* Ends with a word on how to be called. */
static _Noreturn void misuse(const char *word)
{
	fprintf(stderr,
	        "check: what is %s?\n"
	        "usage: check [--memory=BYTES] [--json] -- WORD...   (the words after APPEND)\n",
	        word);
	exit(UNREADABLE);
}

int main(int argc, char **argv)
{
	static struct check check;
	uint64_t memory = DEFAULT_MEMORY;
	bool json = false;
	int at = 1;

	for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
		char *end = argv[at];

		if (strcmp(argv[at], "--json") == 0)
			json = true;
		else if (strncmp(argv[at], "--memory=", 9) == 0)
			memory = strtoull(argv[at] + 9, &end, 10);
		else
			misuse(argv[at]);
		if (*end != 0 && end != argv[at])
			misuse(argv[at]);
	}
	at += at < argc;
	if (!model_open(&check.model, memory))
		return UNREADABLE;
	run(&check, (unsigned)(argc - at), (const char *const *)argv + at);
	if (json)
		show_json(&check);
	else
		show_text(&check);
	return status_of(&check);
}
