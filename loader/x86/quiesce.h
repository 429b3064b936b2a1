/* SPDX-License-Identifier: MIT */
/* quiesce.h - brings the machine to rest before a kernel gets it. */
#ifndef X86_QUIESCE_H
#define X86_QUIESCE_H

#include "core/machine.h"

/*
 * Switches interrupts off; masks both PICs, so that no interrupt comes before the kernel asks for
 * it, and all lines of the I/O APICs but those for special interrupts, unless `keep_pics`; sets the
 * page attribute table (PAT_VALUE). Nothing of the firmware may be called after it.
 */
void quiesce(const struct machine *machine, bool keep_pics);

#endif
