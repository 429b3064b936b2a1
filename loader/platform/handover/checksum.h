/* SPDX-License-Identifier: MIT */
/* checksum.h - a quick sum over the bytes of a file, to notice that some are missing or changed. */
#ifndef PLATFORM_HANDOVER_CHECKSUM_H
#define PLATFORM_HANDOVER_CHECKSUM_H

#include "core/base.h"

#define CHECKSUM_WORDS 8

/*
 * Fletcher's sum in four lanes: words of 32 bits, little-endian, filled up with zeros to a multiple
 * of 16 bytes; word number i belongs to lane i modulo 4. sum[lane] is the sum of its words, and
 * sum[4 + lane] the sum of all values that this sum had, modulo 2^32. Any one change shows, and so
 * do two pieces of 16 bytes that have changed places. It is no protection against malice: that is
 * what -sha256= is for.
 */
void checksum(struct span bytes, uint32_t sum[CHECKSUM_WORDS]);

#endif
