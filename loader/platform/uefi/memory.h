/* SPDX-License-Identifier: MIT */
/* memory.h - the firmware's memory map, and the map's key, which is needed to leave the
 * firmware. */
#ifndef PLATFORM_UEFI_MEMORY_H
#define PLATFORM_UEFI_MEMORY_H

#include "core/machine.h"
#include "core/report.h"

/* The map as it was read last. */
struct memory_map {
	struct span descriptors;
	uint64_t stride;
	uint32_t version;
	uint64_t key;
	bool is_old; /* the firmware has been called since then, and may have changed it */
};
extern struct memory_map memory_map;

/* Allocates memory for the map, reads it, and sets machine->efi. On false, the reason is in the
 * report. */
bool memory_open(struct machine *machine, struct report *report);

/*
 * Reads the map again, into the same memory. *changed becomes true if it differs from the
 * machine's, which it then replaces: whatever was planned or copied with the old one must be made
 * again. False if the firmware returns no map, or if there is no room for it.
 */
bool memory_read_again(bool *changed);

/* Refuses: the firmware returns no map, or one that cannot be read. Always returns false. */
bool memory_refuse(struct report *report);

#endif
