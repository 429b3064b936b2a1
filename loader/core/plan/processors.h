/* SPDX-License-Identifier: MIT */
/* processors.h - plans the start of the other CPUs. */
#ifndef CORE_PLAN_PROCESSORS_H
#define CORE_PLAN_PROCESSORS_H

#include "core/plan/plan.h"

/*
 * Plans to start the other CPUs, before plan_resident(): counts them, and takes a page in which
 * they begin. If they cannot be started, the count stays 0, with a warning if there are any. The
 * protocol gives them stacks and work, with plan_processor().
 */
bool plan_processors(struct plan *plan);

/* The record of the next CPU in the firmware's list, if it will be started; NULL if not: it is the
 * first one, or plan_processors() was not called. *next begins with 0. */
struct launch_processor *plan_processor(struct plan *plan, const struct processor *processor,
                                        unsigned *next);

#endif
