/* SPDX-License-Identifier: MIT */
/* cpu.h - the CPU's features. */
#ifndef PLATFORM_PC_CPU_H
#define PLATFORM_PC_CPU_H

#include "core/machine.h"

/* Fills in what the CPU can do. */
void cpu_read(struct cpu *cpu);

#endif
