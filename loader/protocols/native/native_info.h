/* SPDX-License-Identifier: MIT */
/* native_info.h - the boot information of native kernels, as include/longjump.h has it. */
#ifndef PROTOCOLS_NATIVE_INFO_H
#define PROTOCOLS_NATIVE_INFO_H

#ifndef LONGJUMP_LOADER
#define LONGJUMP_LOADER /* longjump.h with numbers for pointers */
#endif

#include "core/plan/plan.h"
#include "protocols/writer.h"
#include "longjump.h"

/* The state of a native boot. */
struct native {
	struct plan *plan;
	struct virt_range stack;
	uint64_t direct_map;   /* virtual address of physical 0 */
	uint64_t framebuffer;  /* virtual address of the first pixel, or 0 */
	unsigned map_capacity; /* ranges that the memory map can have at most */

	struct writer writer;
	uint64_t at; /* where the kernel sees its boot information */
	struct longjump_boot_info info;
};

/* Writes everything but the memory map, for which it leaves room. */
void native_write_info(struct native *native);

/* Writes the memory map. */
void native_write_map(struct native *native, const struct memory *map);

#endif
