/* SPDX-License-Identifier: MIT */
/* tsc.h - how fast the time stamp counter runs, and numbers that cannot be guessed. */
#ifndef PLATFORM_PC_TSC_H
#define PLATFORM_PC_TSC_H

#include "core/machine.h"

/* Ticks of the time stamp counter a second, as the CPU or the hypervisor says; 0 if neither does.
 */
uint64_t tsc_frequency(void);

/* The same, measured against the programmable interval timer. Takes about 50 ms. 0 if the CPU has
 * no counter, or the timer does not run. */
uint64_t tsc_measure(void);

/* Fills in machine->random and where it came from: RDSEED, RDRAND, or the clocks. */
void random_read(struct machine *machine);

#endif
