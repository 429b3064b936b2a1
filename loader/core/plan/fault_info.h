/* SPDX-License-Identifier: MIT */
/* fault_info.h - leaves the explainer what it needs. */
#ifndef CORE_PLAN_FAULT_INFO_H
#define CORE_PLAN_FAULT_INFO_H

#include "core/fault_info.h"
#include "core/plan/plan.h"

/* Writes the fault info for the explainer to scratch memory, when everything else is planned. False
 * if scratch memory is used up. */
bool plan_fault_info(struct plan *plan);

/* The screen, in the explainer's terms. */
struct fault_info_screen fault_info_screen(const struct display *display);

#endif
