/* SPDX-License-Identifier: MIT */
/* protocols.c - the list of protocols, in the order in which a kernel is recognised. */
#include "handoff/protocols.h"

#include "handoff/limine.h"
#include "handoff/multiboot.h"
#include "handoff/native.h"
#include "handoff/rust_bootloader.h"

static const struct protocol *const protocols[] = {
	&limine_protocol,     &rust_bootloader_protocol,
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

const struct protocol *protocol_choose(const struct order *order, struct report *report)
{
	const char *choice = order->options.protocol;

	for (unsigned i = 0; i < COUNT(protocols); i++) {
		if (choice != NULL ? is_named(protocols[i], choice)
		                   : protocols[i]->recognise(order->kernel.bytes))
			return protocols[i];
	}
	return refuse_name(choice, report);
}
