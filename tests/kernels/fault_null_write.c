/* SPDX-License-Identifier: MIT */
/* fault_null_write.c - commits the mistake of writing through a null pointer, three calls deep. */
#include "kit.h"

struct list {
	struct list *next, *last;
};

static struct list *volatile nothing;

static void __attribute__((noinline, noclone)) append(struct list *list, struct list *entry)
{
	list->last = entry;
}

static void __attribute__((noinline, noclone)) build(struct list *entry)
{
	append(nothing, entry);
	say("built\n");
}

void _start(const struct longjump_boot_info *info)
{
	static struct list entry;

	(void)info;
	build(&entry);
	finish();
}
