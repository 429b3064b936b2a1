/* SPDX-License-Identifier: MIT */
/* tsc.h - the frequency of the time stamp counter, and random numbers. */
#ifndef PLATFORM_PC_TSC_H
#define PLATFORM_PC_TSC_H

#include "core/machine.h"
#include "core/report.h"

/* Ticks of the time stamp counter a second, as the CPU or the hypervisor says; 0 if neither does.
 * If it is to be measured, against the programmable interval timer, that takes about 50 ms; and if
 * that cannot be done, this is warned of. */
uint64_t tsc_find(bool measure, struct report *report);

/* Fills in machine->random and where it came from: RDSEED, RDRAND, or the clocks. False if it is
 * the clocks, of which somebody may know much. */
bool random_read(struct machine *machine);

/* Puts in its place what a generator of the firmware's gave. */
void random_from_firmware(struct machine *machine, uint64_t random);

#endif
