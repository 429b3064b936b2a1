/* SPDX-License-Identifier: MIT */
/*
 * hints.c - finds what is not as the kernel expects, in the order in which one thing hides another.
 * Always adds the fact; replaces the cause only where the fact explains the exception.
 */
#include "postmortem/hints.h"

#include "postmortem/hints_modes.h"
#include "postmortem/hints_paging.h"
#include "postmortem/hints_path.h"

void hints_add(const struct cpu_state *cpu, const struct event *event,
               struct explanation *explanation)
{
	struct hint hint = { cpu, cpu->look.fault, event, explanation };

	if (hint_pae_off(&hint) || hint_gdt(&hint))
		return;
	hints_on_modes(&hint);
	hints_on_paging(&hint);
	hints_on_path(&hint);
}
