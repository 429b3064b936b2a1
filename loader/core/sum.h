/* SPDX-License-Identifier: MIT */
/* sum.h - the sum by which a part of the loader knows that it is whole. platform/com32/write_sum.py
 * makes the same, and writes it into the linked part. */
#ifndef CORE_SUM_H
#define CORE_SUM_H

#include <stdint.h>

/* The sum of the words [at, end), which are a multiple of 16. It tells the places of words apart,
 * but not those of the 16 that are added at once. */
static inline uint32_t sum_of_words(const uint32_t *at, const uint32_t *end)
{
	uint32_t sum = 0;

	for (; at < end; at += 16) {
		sum = sum << 1 | sum >> 31;
		sum += at[0] + at[1] + at[2] + at[3] + at[4] + at[5] + at[6] + at[7];
		sum += at[8] + at[9] + at[10] + at[11] + at[12] + at[13] + at[14] + at[15];
	}
	return sum;
}

#endif
