/* SPDX-License-Identifier: MIT */
/* restart.h - how a machine is restarted without its firmware. */
#ifndef X86_RESTART_H
#define X86_RESTART_H

/* Restarts the machine: by the keyboard controller, then by the chipset. Interrupts are off.
 * Returns if neither does it; then RESTART_FAILS is to be said, and restart_by_failing() to be
 * called. */
void restart(void);

#define RESTART_FAILS \
	"Neither keyboard controller nor chipset restart the machine: the CPU is made to fail.\n"

/* Lets the CPU fail by three exceptions in a row, which restarts every PC. */
_Noreturn void restart_by_failing(void);

#endif
