/* SPDX-License-Identifier: MIT */
/* fault_info.h - what is left to the explainer. */
#ifndef CORE_PLAN_FAULT_INFO_H
#define CORE_PLAN_FAULT_INFO_H

#include "core/plan/plan.h"

/* Leaves the explainer its fault info, in scratch memory; all is planned by now. False if that is
 * used up. */
bool plan_fault_info(struct plan *plan);

#endif
