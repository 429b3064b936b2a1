/* SPDX-License-Identifier: MIT */
/* quiesce.h - quiesces the machine before a kernel is entered. */
#ifndef PLATFORM_PC_QUIESCE_H
#define PLATFORM_PC_QUIESCE_H

#include "core/machine.h"
#include "core/report.h"

/*
 * Switches interrupts off; masks lines of the interrupt controllers, so that no interrupt comes
 * before the kernel asks for it, and switches off IOMMUs, as `quiet` says; sets the page attribute
 * table (PAT_VALUE). Warns about what does not come to rest. The firmware must not be called
 * afterwards.
 */
void quiesce(const struct machine *machine, struct quiet quiet, struct report *report);

#endif
