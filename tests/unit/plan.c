/* SPDX-License-Identifier: MIT */
/* plan.c - what plan.h promises of single steps; whole plans are tried in boot.c. */
#include "core/plan.h"

#include "check.h"

TEST("a plan that is full takes no more, and says so")
{
	static struct plan plan;
	static struct report report;

	plan.report = &report;
	for (unsigned i = 0; i < PLAN_MAX_PLACEMENTS; i++)
		EXPECT(plan_add(&plan, (struct placement){ .use = USE_MODULE }));
	EXPECT(!plan_add(&plan, (struct placement){ .use = USE_MODULE }));
	EXPECT_EQUAL(plan.count, PLAN_MAX_PLACEMENTS);
	EXPECT_EQUAL(report.count, 1);
	EXPECT_EQUAL(report.findings[0].code, DIAG_TOO_MANY_PIECES);
}
