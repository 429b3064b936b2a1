/* SPDX-License-Identifier: MIT */
/* lint_strict.h - instructions that a CPU refuses, and QEMU's TCG executes. */
#ifndef HOST_LINT_STRICT_H
#define HOST_LINT_STRICT_H

#include "core/elf/symbols.h"
#include "core/plan/plan.h"

/* Warns about instructions that run in QEMU, and raise #GP on hardware. In kernels that are
 * entered in 32-bit mode, 64-bit code is known by its own look only. */
void lint_strict(const struct plan *plan, const struct sections *sections,
                 const struct symbols *symbols);

#endif
