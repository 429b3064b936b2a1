/* SPDX-License-Identifier: MIT */
/* resident.h - places the resident part. */
#ifndef CORE_PLAN_RESIDENT_H
#define CORE_PLAN_RESIDENT_H

#include "core/plan/plan.h"

/* Copies the resident part to scratch memory, with the records of other CPUs after it, and gives it
 * a window, with executable code and writable data. */
bool plan_resident(struct plan *plan);

/* As plan_resident(), for protocols without page tables: it runs at its physical address. */
bool plan_resident_in_place(struct plan *plan);

/* Writes the IDT that is used until the resident part has its own (struct resident_early). */
void plan_early_idt(const struct plan *plan);

#endif
