/* SPDX-License-Identifier: MIT */
/* memory.h - memory of Syslinux's heaps. platform_take(), platform_take_rest() and
 * bios_low_memory() take it. */
#ifndef COM32_MEMORY_H
#define COM32_MEMORY_H

/* Frees all of it. */
void memory_release(void);

#endif
