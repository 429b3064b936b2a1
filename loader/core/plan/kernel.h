/* SPDX-License-Identifier: MIT */
/* kernel.h - where the kernel goes. */
#ifndef CORE_PLAN_KERNEL_H
#define CORE_PLAN_KERNEL_H

#include "core/plan/plan.h"

/*
 * Places the kernel's segments, chooses the slide of a position-independent one, and splits off
 * what becomes read-only after relocation. The kernel lies as one piece, at one distance from its
 * addresses, wherever memory allows.
 */
bool plan_kernel(struct plan *plan, const struct placement_policy *policy);

/* The physical address that the byte linked at `address`, in one of the kernel's segments, will
 * have. */
uint64_t plan_kernel_physical(const struct plan *plan, uint64_t address);

#endif
