/* SPDX-License-Identifier: MIT */
/* choose.c - finds the protocol of a kernel. Knows none of them. */
#include "core/choose.h"

/* True if `choice`, "name" or "name,feature,...", names this protocol. */
static bool is_named(const struct protocol *protocol, const char *choice)
{
	const char *name = protocol->name;

	for (; *name != 0 && *name == *choice; name++)
		choice++;
	return *name == 0 && (*choice == 0 || *choice == ',');
}

/* Refuses a name that no protocol has, and lists those that there are. */
static const struct protocol *refuse_name(const char *choice, struct report *report)
{
	char names[160];
	struct text text = text_in(names, sizeof(names));

	for (unsigned i = 0; protocols[i] != NULL; i++)
		text_add(&text, " %s", protocols[i]->name);
	refuse(report, DIAG_PROTOCOL_UNKNOWN, "-protocol=%.60s; it must be one of:%s", choice,
	       names);
	return NULL;
}

/* The protocol that the file looks like. A file that no protocol recognises goes to the one that
 * can best say what is wrong with it. */
static const struct protocol *recognise(struct span file)
{
	unsigned count = 0;

	for (; protocols[count] != NULL; count++) {
		if (protocols[count]->recognise(file))
			return protocols[count];
	}
	for (unsigned i = 0; i < count; i++) {
		if (protocols[i]->resembles != NULL && protocols[i]->resembles(file))
			return protocols[i];
	}
	return protocols[count - 1];
}

const struct protocol *protocol_choose(const struct config *config, struct report *report)
{
	const char *choice = config->options.protocol;

	if (choice == NULL)
		return recognise(config->kernel.bytes);
	for (unsigned i = 0; protocols[i] != NULL; i++) {
		if (is_named(protocols[i], choice))
			return protocols[i];
	}
	return refuse_name(choice, report);
}
