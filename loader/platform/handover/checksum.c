/* SPDX-License-Identifier: MIT */
/* checksum.c - adds four lanes at a time, in one SSE register if the compiler may use those: two
 * instructions for 16 bytes, with a memory operand. */
#include "platform/handover/checksum.h"

#define LANES 4

typedef uint32_t lanes __attribute__((vector_size(CHECKSUM_ALIGN), may_alias));
_Static_assert(sizeof(lanes) == LANES * sizeof(uint32_t), "docs/bundle.md");

void checksum(struct span bytes, uint32_t sum[CHECKSUM_WORDS])
{
	const lanes *at = (const void *)bytes.bytes,
		    *end = at + (size_t)(bytes.size / sizeof(lanes));
	size_t left = (size_t)(bytes.size % sizeof(lanes));
	lanes words = { 0 }, sums = { 0 }, rest = { 0 };

	for (; at != end; at++) {
		words += *at;
		sums += words;
	}
	if (left != 0) {
		memcpy(&rest, at, left);
		words += rest;
		sums += words;
	}
	memcpy(sum, &words, sizeof(words));
	memcpy(sum + LANES, &sums, sizeof(sums));
}
