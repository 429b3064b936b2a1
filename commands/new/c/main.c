/* main.c - the kernel. */
#include "kit.h"
#include "longjump.h"
#include "screen.h"

/* Where the kernel starts, in 64-bit mode; kernel.ld names it as the entry. */
void _start(const struct longjump_boot_info *info);

void _start(const struct longjump_boot_info *info)
{
	const char *text = "Hello from my kernel";

	if (!info || info->magic != LONGJUMP_MAGIC)
		halt();
	screen_line(info, 0, text);
	say(text);
	say("\n");
	halt();
}
