/* SPDX-License-Identifier: MIT */
/* resident.h - where the resident part goes. */
#ifndef CORE_PLAN_RESIDENT_H
#define CORE_PLAN_RESIDENT_H

#include "core/plan/plan.h"

/* Puts the resident part into scratch memory, with the records of other CPUs after it, and gives
 * it a window: code that may be executed, data that may be written. */
bool plan_resident(struct plan *plan);

/* As plan_resident(), for protocols without page tables: it stays at its physical address. */
bool plan_resident_in_place(struct plan *plan);

/* Writes the IDT that is there until the resident part has its own (struct resident_early). */
void plan_early_idt(const struct plan *plan);

#endif
