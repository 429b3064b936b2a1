/* SPDX-License-Identifier: MIT */
/* tsc.h - the frequency of the time stamp counter, and random numbers. */
#ifndef PLATFORM_PC_TSC_H
#define PLATFORM_PC_TSC_H

#include "core/machine.h"
#include "core/report.h"

/*
 * The frequency of the time stamp counter in Hz, as the CPU or the hypervisor reports it; if
 * neither does, and `measure` is true, as measured against the programmable interval timer in about
 * 50 ms; otherwise 0. Warns if it cannot be measured.
 */
uint64_t tsc_find(bool measure, struct report *report);

/* Fills in machine->random and its source: RDSEED, RDRAND, or the clocks. False if it is the
 * clocks, which are partly predictable. */
bool random_read(struct machine *machine);

/* Replaces it with a number from the firmware's generator. */
void random_from_firmware(struct machine *machine, uint64_t random);

#endif
