/* SPDX-License-Identifier: MIT */
/* fault_return_address.c - commits the mistake of writing over its return address. */
#include "kit.h"

static void __attribute__((noinline, noclone)) copy(const char *from)
{
	char buffer[8];
	volatile char *to = (volatile char *)address_of(buffer);

	while (*from != 0)
		*to++ = *from++;
}

static void __attribute__((noinline, noclone)) greet(void)
{
	volatile uint64_t others[8] = { 0 };

	copy("this text is too long, by far");
	others[0]++;
}

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	greet();
	finish();
}
