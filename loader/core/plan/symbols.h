/* SPDX-License-Identifier: MIT */
/* symbols.h - the kernel's symbols, for the explainer and for kernels that are told. */
#ifndef CORE_PLAN_SYMBOLS_H
#define CORE_PLAN_SYMBOLS_H

#include "core/plan/plan.h"

/* Finds the kernel's symbols, and warns if memory is too short for them. */
void plan_symbols(struct plan *plan);

/* Bytes that plan_write_symbols() writes at most; 0 without symbols. */
uint64_t plan_symbols_size(const struct plan *plan);

/* Writes the symbols, sorted, and their names, to `bytes`, which the reader sees at `window`; they
 * stand in plan->fault info from then on. */
void plan_write_symbols(struct plan *plan, uint8_t *bytes, uint64_t window);

#endif
