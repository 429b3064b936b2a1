/* SPDX-License-Identifier: MIT */
/* cpu.h - the CPU's features. */
#ifndef PLATFORM_PC_CPU_H
#define PLATFORM_PC_CPU_H

#include "core/machine.h"

/* Fills in the CPU's features. */
void cpu_read(struct cpu *cpu);

#endif
