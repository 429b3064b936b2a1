/* SPDX-License-Identifier: MIT */
/* files.h - places modules and the kernel's own file. */
#ifndef CORE_PLAN_FILES_H
#define CORE_PLAN_FILES_H

#include "core/plan/plan.h"

/* Keeps the kernel's file where it was read to, if -kernelfile asks for it. */
bool plan_kernel_file(struct plan *plan);

/* Places the modules: where they were read to, if that is a page boundary. Maps none of them. */
bool plan_modules(struct plan *plan);

#endif
