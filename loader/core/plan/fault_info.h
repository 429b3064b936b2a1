/* SPDX-License-Identifier: MIT */
/* fault_info.h - what is left to the explainer. */
#ifndef CORE_PLAN_FAULT_INFO_H
#define CORE_PLAN_FAULT_INFO_H

#include "core/fault_info.h"
#include "core/plan/plan.h"

/* Leaves the explainer its fault info, in scratch memory; all is planned by now. False if that is
 * used up. */
bool plan_fault_info(struct plan *plan);

/* The screen as the explainer knows it. */
struct fault_info_screen fault_info_screen(const struct display *display);

#endif
