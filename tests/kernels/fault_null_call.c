/* SPDX-License-Identifier: MIT */
/* fault_null_call.c - commits the mistake of calling a null function pointer. */
#include "kit.h"

static void (*volatile handler)(void);

static void __attribute__((noinline, noclone)) dispatch(void)
{
	handler();
	say("back\n");
}

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	dispatch();
	finish();
}
