/* SPDX-License-Identifier: MIT */
/* launch.h - the last step of the loader under UEFI. */
#ifndef PLATFORM_UEFI_LAUNCH_H
#define PLATFORM_UEFI_LAUNCH_H

#include "core/run.h"

/* Takes what the launch needs, while it can still be refused. On false, the reason is in the
 * report. */
bool launch_open(struct report *report);

/* Leaves the firmware for good, and runs the resident part, which carries the plan out. */
_Noreturn void launch(struct run *run);

#endif
