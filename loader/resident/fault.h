/* SPDX-License-Identifier: MIT */
/* fault.h - what happens when the kernel has made a mistake, from the saved registers on. */
#ifndef RESIDENT_FAULT_H
#define RESIDENT_FAULT_H

#include "core/fault_info.h"

/* Remembers where the fault info are. */
void fault_prepare(const struct fault_info *marks);

#endif
