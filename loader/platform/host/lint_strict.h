/* SPDX-License-Identifier: MIT */
/* lint_strict.h - instructions that CPUs refuse, but QEMU's TCG executes. */
#ifndef HOST_LINT_STRICT_H
#define HOST_LINT_STRICT_H

#include "core/elf/symbols.h"
#include "core/plan/plan.h"

/* Warns about instructions that run in QEMU, and raise #GP on hardware. In kernels that
 * are entered in 32-bit mode, only code that is certainly 64-bit code is examined. */
void lint_strict(const struct plan *plan, const struct sections *sections,
                 const struct symbols *symbols);

#endif
