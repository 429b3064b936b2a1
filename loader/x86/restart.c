/* SPDX-License-Identifier: MIT */
/*
 * restart.c - three ways to restart a PC. Sources: Intel 8042 (status and command port), Intel
 * 82371SB, 2.4 (reset control register); SDM volume 3A, 6.15, "Interrupt 8" (shutdown).
 */
#include "x86/restart.h"

#include "x86/x86.h"

#define PATIENCE 100000 /* reads of a port: a tenth of a second */

/* Reads the keyboard controller's status until it accepts a command, but not for ever; or, if not
 * `until_ready`, for as long as a restart may take. */
static void wait(bool until_ready)
{
	for (unsigned i = 0; i < PATIENCE; i++)
		if ((inb(PORT_KEYBOARD_COMMAND) & KEYBOARD_FULL) == 0 && until_ready)
			return;
}

void restart(void)
{
	wait(true);
	outb(PORT_KEYBOARD_COMMAND, KEYBOARD_RESET);
	wait(false);
	outb(PORT_RESET, RESET_FULL & ~RESET_CPU);
	outb(PORT_RESET, RESET_FULL);
	wait(false);
}

_Noreturn void restart_by_failing(void)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uintptr_t base;
	} empty = { 0, 0 };

	for (;;)
		__asm__ volatile("lidt %0\n\tint3" ::"m"(empty));
}
