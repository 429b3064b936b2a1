/* SPDX-License-Identifier: MIT */
/* check.c - counts what was found. */
#include "platform/host/check.h"

const struct finding *check_refusal(const struct check *check)
{
	for (unsigned i = 0; i < check->report.count; i++) {
		if (check->report.findings[i].refusal)
			return &check->report.findings[i];
	}
	return NULL;
}

unsigned check_warnings(const struct check *check)
{
	unsigned count = check->report.lost;

	for (unsigned i = 0; i < check->report.count; i++)
		count += !check->report.findings[i].refusal;
	return count;
}

uint64_t check_placed(const struct check *check, enum use use)
{
	const struct plan *plan = &check->boot.plan;
	uint64_t size = 0;

	for (unsigned i = 0; i < plan->count; i++) {
		if (plan->placements[i].use == use)
			size += plan->placements[i].phys.end - plan->placements[i].phys.begin;
	}
	return size;
}
