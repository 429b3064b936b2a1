/* main.c - the kernel. */
#include "kit.h"
#include "longjump.h"

/* Where the kernel starts, in 64-bit mode; kernel.ld names it as the entry. */
void _start(const struct longjump_boot_info *info);

void _start(const struct longjump_boot_info *info)
{
	volatile uint16_t *screen = (volatile uint16_t *)0xb8000;
	const char *text = "Hello from my kernel";

	if (!info || info->magic != LONGJUMP_MAGIC)
		halt();
	for (unsigned i = 0; text[i]; i++)
		screen[i] = (uint16_t)(0x2f00 | text[i]); /* white on green */
	say(text);
	say("\n");
	halt();
}
