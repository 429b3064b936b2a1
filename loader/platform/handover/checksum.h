/* SPDX-License-Identifier: MIT */
/* checksum.h - a quick sum over the bytes of a file, to notice that some are missing or changed. */
#ifndef PLATFORM_HANDOVER_CHECKSUM_H
#define PLATFORM_HANDOVER_CHECKSUM_H

#include "core/base.h"

#define CHECKSUM_WORDS 8
#define CHECKSUM_ALIGN 16 /* bytes */

/*
 * Fletcher's checksum in four lanes of little-endian 32-bit words, padded with zeros to a multiple
 * of 16 bytes; word number i belongs to lane i modulo 4. sum[lane] is the sum of its words, and
 * sum[4 + lane] the sum of all values that this sum had, modulo 2^32. It detects every change of
 * one word, and two swapped words unless the product of their difference and their distance in the
 * lane is a multiple of 2^32. It is no protection against attacks: that is what -sha256= is for.
 * The bytes must begin at a multiple of CHECKSUM_ALIGN.
 */
void checksum(struct span bytes, uint32_t sum[CHECKSUM_WORDS]);

#endif
