/* SPDX-License-Identifier: MIT */
/* symbols.h - the kernel's symbols, for the explainer and for kernels that get them. */
#ifndef CORE_PLAN_SYMBOLS_H
#define CORE_PLAN_SYMBOLS_H

#include "core/plan/plan.h"

/* Finds the kernel's symbols, and warns if there is too little memory for them. */
void plan_symbols(struct plan *plan);

/* The most bytes that plan_write_symbols() can write; 0 without symbols. */
uint64_t plan_symbols_size(const struct plan *plan);

/* Writes the symbols, sorted, and their names to `bytes`, which is mapped at `window` for the
 * reader. From then on, plan->fault_info refers to them. */
void plan_write_symbols(struct plan *plan, uint8_t *bytes, uint64_t window);

#endif
