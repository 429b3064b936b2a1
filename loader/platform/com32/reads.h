/* SPDX-License-Identifier: MIT */
/*
 * reads.h - watches what Syslinux reads. Syslinux prints that a sector cannot be read, and then
 * continues as if it had been; so between reads_watch() and reads_end() each of its reads passes
 * through here. Knows drives and their sectors; knows nothing of files.
 */
#ifndef PLATFORM_COM32_READS_H
#define PLATFORM_COM32_READS_H

#include "core/base.h"

/* Watches reads from here on, and forgets earlier failures. False if it cannot, because this
 * version of Syslinux is unknown. A network needs no watching: its files end early. */
bool reads_watch(void);

/* Watches no longer. */
void reads_end(void);

/* A read that has failed: not all of the bytes at `begin` are those of the drive. */
struct lost_read {
	const uint8_t *begin, *end;
	uint64_t sector; /* of the drive, where the read began */
	uint32_t drive;
};

/* The first read that has failed since reads_watch(); NULL if none has. */
const struct lost_read *reads_lost(void);

#endif
