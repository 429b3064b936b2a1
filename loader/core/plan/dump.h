/* SPDX-License-Identifier: MIT */
/* dump.h - the plan in words: what -verbose shows before the jump, and the checking tool. */
#ifndef CORE_PLAN_DUMP_H
#define CORE_PLAN_DUMP_H

#include "core/plan/plan.h"

/* Takes a line of text, or several, each with its end. */
typedef void print_to(const char *text);

/* The machine as it was found: the firmware's memory map, untouched. */
void print_machine(const struct machine *machine, print_to *write);

/* What was planned: how the kernel is entered, every placement and mapping, what is copied and
 * zeroed, and the memory map that the kernel gets. boot_prepare() has succeeded. */
void print_plan(const struct plan *plan, print_to *write);

#endif
