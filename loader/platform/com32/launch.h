/* SPDX-License-Identifier: MIT */
/* launch.h - the last step of the module. */
#ifndef PLATFORM_COM32_LAUNCH_H
#define PLATFORM_COM32_LAUNCH_H

#include "core/boot.h"

/* Leaves Syslinux and the BIOS for good and runs the resident part, which carries the plan out. */
_Noreturn void launch(const struct boot *boot);

#endif
