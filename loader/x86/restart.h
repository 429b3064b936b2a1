/* SPDX-License-Identifier: MIT */
/* restart.h - restarts a machine without its firmware. */
#ifndef X86_RESTART_H
#define X86_RESTART_H

/* Restarts the machine: by the keyboard controller, then by the chipset. Interrupts must be off.
 * Returns if neither works; the caller then prints RESTART_FAILS and calls restart_by_failing(). */
void restart(void);

#define RESTART_FAILS \
	"Neither keyboard controller nor chipset restart the machine: the CPU is made to fail.\n"

/* Causes a triple fault, which restarts every PC. Does not return. */
_Noreturn void restart_by_failing(void);

#endif
