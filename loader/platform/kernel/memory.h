/* SPDX-License-Identifier: MIT */
/* memory.h - free memory, for the loader and for BIOS calls. */
#ifndef PLATFORM_KERNEL_MEMORY_H
#define PLATFORM_KERNEL_MEMORY_H

#include "platform/handover/handover.h"

#define REALMODE_AT 0x1000 /* the address of realmode.asm, with its stack after it */
#define LOW_BUFFERS 0x3000 /* memory for buffers of the BIOS, up to where boot sectors lie */
#define LOW_END     0x7c00

/*
 * Finds free memory: usable memory from 1 MiB up that the loader can address, without the loader
 * itself and the handover. If the low memory that BIOS calls need is missing, handover->bios
 * becomes false.
 */
void memory_open(struct handover *handover, const struct machine *machine);

#endif
