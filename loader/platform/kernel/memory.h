/* SPDX-License-Identifier: MIT */
/* memory.h - memory that nobody has, for the loader and for BIOS calls. */
#ifndef PLATFORM_KERNEL_MEMORY_H
#define PLATFORM_KERNEL_MEMORY_H

#include "platform/handover/handover.h"

#define REALMODE_AT 0x1000 /* where realmode.asm is made for, with its stack after it */
#define LOW_BUFFERS 0x3000 /* memory for buffers of the BIOS, up to where boot sectors lie */
#define LOW_END     0x7c00

/*
 * Notes what is free: usable memory from 1 MiB up that can be pointed at and that neither we nor
 * the handover lie in. Without the low memory that BIOS calls need, handover->bios becomes false.
 */
void memory_open(struct handover *handover, const struct machine *machine);

#endif
