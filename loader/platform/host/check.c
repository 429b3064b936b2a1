/* SPDX-License-Identifier: MIT */
/* check.c - finds out what the loader does not need to know about a kernel, and counts the
 * findings. Prints nothing. */
#include "platform/host/check.h"

#include "core/text_screen.h"
#include "platform/host/lint.h"

const struct finding *check_refusal(const struct check *check)
{
	for (unsigned i = 0; i < check->run.report.count; i++) {
		if (check->run.report.findings[i].refusal)
			return &check->run.report.findings[i];
	}
	return NULL;
}

unsigned check_warnings(const struct check *check)
{
	unsigned count = check->run.report.lost;

	for (unsigned i = 0; i < check->run.report.count; i++)
		count += !check->run.report.findings[i].refusal;
	return count;
}

uint64_t check_placed(const struct check *check, enum use use)
{
	const struct plan *plan = &check->run.boot->plan;
	uint64_t size = 0;

	for (unsigned i = 0; i < plan->count; i++) {
		if (plan->placements[i].use == use)
			size += plan->placements[i].phys.end - plan->placements[i].phys.begin;
	}
	return size;
}

/* Describes what the kernel asks for by itself, or, if its protocol cannot tell, what the words
 * after the protocol's name ask for: "name,this,that". */
static void describe(struct check *check)
{
	struct text text = text_in(check->asks, sizeof(check->asks));
	const char *choice = check->run.config->options.protocol;

	if (check->readable && check->run.protocol->describe != NULL) {
		check->run.protocol->describe(check->run.boot, &text);
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

void check_look(struct check *check, bool prepared)
{
	static struct report unused; /* the loader has reported it already */
	const struct run *run = &check->run;

	check->prepared = prepared;
	if (run->protocol == NULL)
		return; /* there are no bytes to describe */
	check->readable = run->boot->readable;
	sections_find(&run->boot->kernel.elf, &check->sections);
	check->symbols = symbols_find(&run->boot->kernel.elf, &unused);
	if (prepared)
		lint(&run->boot->plan, &check->sections, &check->symbols);
	check->is_text_only = check->readable
	                   && text_screen_is_expected(run->boot, UINT64_MAX, &check->text_access);
	describe(check);
}
