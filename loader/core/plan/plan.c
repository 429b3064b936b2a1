/* SPDX-License-Identifier: MIT */
/* plan.c - makes an empty plan, and adds placements. Decides nothing. */
#include "core/plan/plan.h"

const char *use_name(enum use use)
{
	static const char *const names[USES] = {
		"kernel",           "module",       "stack",
		"boot information", "page tables",  "resident part",
		"kernel file",      "framebuffer",  "bounce buffer",
		"direct map",       "identity map", "VGA window",
		"firmware tables",  "left by UEFI", "page table window",
	};

	return names[use];
}

void plan_begin(struct plan *plan, const struct machine *machine, const struct config *config,
                const struct kernel *kernel, const struct memory *memory, struct scratch *scratch,
                struct report *report)
{
	memset(plan, 0, offsetof(struct plan, placements));
	plan->machine = machine;
	plan->config = config;
	plan->kernel = kernel;
	plan->memory = memory;
	plan->scratch = scratch;
	plan->workspace.begin = physical(machine, scratch->at);
	plan->workspace.end = physical(machine, scratch->end);
	plan->report = report;
	plan->entry.cr0 = CR0_LONG_MODE;
	plan->entry.cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	plan->entry.quiet.lines = true;
	plan->entry.cs = 0x08;
	plan->entry.ss = plan->entry.data = plan->entry.fs = 0x10;
}

bool plan_add(struct plan *plan, struct placement placement)
{
	if (plan->count == PLAN_MAX_PLACEMENTS)
		return refuse(plan->report, DIAG_TOO_MANY_PIECES, "at most %u can be placed",
		              PLAN_MAX_PLACEMENTS);
	plan->placements[plan->count++] = placement;
	return true;
}
