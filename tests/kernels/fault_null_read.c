/* SPDX-License-Identifier: MIT */
/* fault_null_read.c - commits the mistake of reading through a null pointer. */
#include "kit.h"

struct node {
	uint64_t value;
	struct node *next;
};

static struct node *volatile first;

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	say("%lx\n", (uint64_t)first->next);
	finish();
}
