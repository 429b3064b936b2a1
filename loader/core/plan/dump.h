/* SPDX-License-Identifier: MIT */
/* dump.h - prints the plan, for -verbose and for the checking tool. */
#ifndef CORE_PLAN_DUMP_H
#define CORE_PLAN_DUMP_H

#include "core/plan/plan.h"

/* Receives lines of text, each with its line feed. */
typedef void print_to(const char *text);

/* Prints the machine as it was found: the firmware's memory map, unchanged. */
void print_machine(const struct machine *machine, print_to *write);

/* Prints what was planned: how the kernel is entered, every placement and mapping, what is copied
 * and zeroed, and the memory map that the kernel gets. boot_prepare() must have succeeded. */
void print_plan(const struct plan *plan, print_to *write);

#endif
