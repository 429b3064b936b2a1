/* SPDX-License-Identifier: MIT */
/* fault_timer.c - lets the timer's interrupt in before it has a handler. */
#include "kit.h"

static void out(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	out(0x21, 0xfe);
	__asm__ volatile("sti");
	for (;;)
		__asm__ volatile("hlt");
}
