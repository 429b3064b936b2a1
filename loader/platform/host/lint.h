/* SPDX-License-Identifier: MIT */
/*
 * lint.h - warnings about kernels that boot but will fail later. They are in the catalogue (8xx),
 * but only the checking tool looks for them, not the loader.
 */
#ifndef HOST_LINT_H
#define HOST_LINT_H

#include "core/boot.h"
#include "core/elf/symbols.h"

/* Looks for all problems. `plan` belongs to a boot that was prepared; warnings go to its report. */
void lint(const struct plan *plan, const struct sections *sections, const struct symbols *symbols);

/* Bytes of debug data in the file, and bytes that belong to no segment and no section. */
uint64_t lint_debug_size(const struct sections *sections);
uint64_t lint_padding_size(const struct kernel *kernel, const struct sections *sections);

#endif
