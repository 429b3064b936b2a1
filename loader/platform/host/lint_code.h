/* SPDX-License-Identifier: MIT */
/* lint_code.h - what the machine code shows: red zone, SSE, AVX, stack protector. */
#ifndef HOST_LINT_CODE_H
#define HOST_LINT_CODE_H

#include "core/plan/plan.h"
#include "core/elf/symbols.h"

/* Adds a warning for each problem. */
void lint_code(const struct plan *plan, const struct sections *sections,
               const struct symbols *symbols);

#endif
