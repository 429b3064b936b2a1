/* SPDX-License-Identifier: MIT */
/* run.h - one boot, from the platform's words to the launch. */
#ifndef CORE_RUN_H
#define CORE_RUN_H

#include "core/boot.h"

/* A boot on its way. What is large is taken from the platform, and NULL until then. */
struct run {
	struct report report;
	struct machine machine;
	struct scratch scratch, whole_scratch; /* what is left of it, and the whole */
	const struct protocol *protocol;       /* how the kernel is started; NULL: not known yet */
	struct config *config;
	struct boot *boot;
	uint8_t *requested; /* boot->state, as it was before anything was planned */
};

/*
 * Plans again from the beginning, for a platform that finds out late that the machine's memory or
 * screen has changed. Calls no firmware. On false, the reason is in the report.
 */
bool run_plan_again(struct run *run);

/* Prints what could not be started, and why; on a cleared screen with `emptied`. */
void run_say_failure(const struct run *run, bool emptied);

/*
 * Boots, through platform.h. `run` must be zeroed. Returns only if the kernel cannot be started and
 * the user gets another try; by then, the reason has been printed, and all memory released.
 */
void boot_run(struct run *run);

#endif
