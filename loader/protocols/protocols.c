/* SPDX-License-Identifier: MIT */
/* protocols.c - the list of protocols, in the order in which a kernel is recognised. */
#include "protocols/protocols.h"

#include "protocols/limine/limine.h"
#include "protocols/multiboot/multiboot1.h"
#include "protocols/multiboot/multiboot2.h"
#include "protocols/native/native.h"
#include "protocols/bootloader09/bootloader09.h"

static const struct protocol *const protocols[] = {
	&limine_protocol,     &bootloader09_protocol,
	&multiboot2_protocol, /* before the older: a kernel with both headers gets the newer */
	&multiboot1_protocol, &native_protocol, /* last: it takes every ELF64 file */
};

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

	for (unsigned i = 0; i < COUNT(protocols); i++)
		text_add(&text, " %s", protocols[i]->name);
	refuse(report, DIAG_PROTOCOL_UNKNOWN, "-protocol=%.60s; there are:%s", choice, names);
	return NULL;
}

/* The protocol that the file looks like. One that nobody would start goes to who can best say what
 * is wrong with it. */
static const struct protocol *recognise(struct span file)
{
	for (unsigned i = 0; i < COUNT(protocols); i++) {
		if (protocols[i]->recognise(file))
			return protocols[i];
	}
	for (unsigned i = 0; i < COUNT(protocols); i++) {
		if (protocols[i]->resembles != NULL && protocols[i]->resembles(file))
			return protocols[i];
	}
	return &native_protocol;
}

const struct protocol *protocol_choose(const struct config *config, struct report *report)
{
	const char *choice = config->options.protocol;

	if (choice == NULL)
		return recognise(config->kernel.bytes);
	for (unsigned i = 0; i < COUNT(protocols); i++) {
		if (is_named(protocols[i], choice))
			return protocols[i];
	}
	return refuse_name(choice, report);
}
