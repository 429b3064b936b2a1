/* SPDX-License-Identifier: MIT */
/* checksum.h - a quick sum over the bytes of a file, to notice that some are missing or changed. */
#ifndef PLATFORM_HANDOVER_CHECKSUM_H
#define PLATFORM_HANDOVER_CHECKSUM_H

#include "core/base.h"

#define CHECKSUM_WORDS 8
#define CHECKSUM_ALIGN 16 /* bytes */

/*
 * Fletcher's sum in four lanes: words of 32 bits, little-endian, filled up with zeros to a multiple
 * of 16 bytes; word number i belongs to lane i modulo 4. sum[lane] is the sum of its words, and
 * sum[4 + lane] the sum of all values that this sum had, modulo 2^32. Any one change shows, and so
 * do two words that have changed places, unless their difference, times the words of their lane
 * that they lie apart, is a multiple of 2^32. It is no protection against malice: that is what
 * -sha256= is for. The bytes begin at a multiple of CHECKSUM_ALIGN.
 */
void checksum(struct span bytes, uint32_t sum[CHECKSUM_WORDS]);

#endif
