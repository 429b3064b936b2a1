/* SPDX-License-Identifier: MIT */
/* quiesce.h - quiets the machine before a kernel gets it. */
#ifndef PLATFORM_PC_QUIESCE_H
#define PLATFORM_PC_QUIESCE_H

#include "core/machine.h"
#include "core/report.h"

/*
 * Switches interrupts off; masks lines of the interrupt controllers, so that no interrupt comes
 * before the kernel asks for it, and switches off IOMMUs, as `quiet` says; sets the page attribute
 * table (PAT_VALUE). Warns of what does not come to rest. Nothing of the firmware may be called
 * after it.
 */
void quiesce(const struct machine *machine, struct quiet quiet, struct report *report);

#endif
