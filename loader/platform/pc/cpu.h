/* SPDX-License-Identifier: MIT */
/* cpu.h - the CPU's features. */
#ifndef PLATFORM_PC_CPU_H
#define PLATFORM_PC_CPU_H

#include "core/machine.h"
#include "core/report.h"

/* Fills in what the CPU can do. False, with the reason in the report, if it is too old to be asked.
 */
bool cpu_read(struct cpu *cpu, struct report *report);

/* True if the CPU counts its clock (RDTSC): without CPUID, or with one of the first, it does
 * not. */
bool cpu_has_tsc(void);

#endif
