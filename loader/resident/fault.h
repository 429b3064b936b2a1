/* SPDX-License-Identifier: MIT */
/* fault.h - handles a kernel's fault, from the saved registers on. */
#ifndef RESIDENT_FAULT_H
#define RESIDENT_FAULT_H

#include "core/fault_info.h"

/* Stores the address of the fault info, a copy of it, and their sums. */
void fault_prepare(const struct fault_info *marks);

#endif
