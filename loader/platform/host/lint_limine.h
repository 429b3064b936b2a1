/* SPDX-License-Identifier: MIT */
/* lint_limine.h - Limine requests that no loader finds. */
#ifndef HOST_LINT_LIMINE_H
#define HOST_LINT_LIMINE_H

#include "core/plan/plan.h"

/* Adds a warning for each. */
void lint_limine(const struct plan *plan);

#endif
