/* SPDX-License-Identifier: MIT */
/* launch.h - the last step of the loader under UEFI. */
#ifndef PLATFORM_UEFI_LAUNCH_H
#define PLATFORM_UEFI_LAUNCH_H

#include "core/run.h"

/* Allocates what the launch needs, while a refusal is still possible. On false, the reason is in
 * the report. */
bool launch_open(struct report *report);

/* Leaves the firmware for good, and enters the resident part, which carries out the plan. */
_Noreturn void launch(struct run *run);

#endif
