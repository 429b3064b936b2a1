/* SPDX-License-Identifier: MIT */
/* sum.h - the checksum by which parts of the loader check themselves. platform/write_sum.py
 * computes the same one, and writes it into the linked part. */
#ifndef CORE_SUM_H
#define CORE_SUM_H

#include <stddef.h>
#include <stdint.h>

/* The sum of the words [at, end), which are as large as a register; a multiple of 64 bytes. It
 * depends on the order of the blocks of 64 bytes, but not on the order of the words in a block. */
static inline uint32_t sum_of_words(const size_t *at, const size_t *end)
{
	size_t sum = 0;

	for (; at < end; at += 64 / sizeof(*at)) {
		sum = sum << 1 | sum >> (8 * sizeof(sum) - 1);
		sum += at[0] + at[1] + at[2] + at[3] + at[4] + at[5] + at[6] + at[7];
		if (sizeof(*at) == 4)
			sum += at[8] + at[9] + at[10] + at[11] + at[12] + at[13] + at[14] + at[15];
	}
	return (uint32_t)(sum ^ (uint64_t)sum >> 32);
}

#endif
