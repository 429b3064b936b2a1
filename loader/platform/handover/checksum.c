/* SPDX-License-Identifier: MIT */
/* checksum.c - four lanes at a time, in one register where the CPU has such. */
#include "platform/handover/checksum.h"

#define LANES 4

typedef uint32_t lanes __attribute__((vector_size(4 * LANES)));

/* Adds 16 bytes, from any address. */
static inline void add(lanes *words, lanes *sums, const uint8_t *from)
{
	lanes next;

	__builtin_memcpy(&next, from, sizeof(next));
	*words += next;
	*sums += *words;
}

void checksum(struct span bytes, uint32_t sum[CHECKSUM_WORDS])
{
	const uint8_t *at = bytes.bytes, *end = at + (size_t)(bytes.size & ~UINT64_C(15));
	lanes words = { 0 }, sums = { 0 };
	uint8_t rest[4 * LANES] = { 0 };

	while (end - at >= 4 * (ptrdiff_t)sizeof(lanes)) {
		add(&words, &sums, at);
		add(&words, &sums, at + sizeof(lanes));
		add(&words, &sums, at + 2 * sizeof(lanes));
		add(&words, &sums, at + 3 * sizeof(lanes));
		at += 4 * sizeof(lanes);
	}
	for (; at != end; at += sizeof(lanes))
		add(&words, &sums, at);
	if ((bytes.size & 15) != 0) {
		memcpy(rest, at, (size_t)(bytes.size & 15));
		add(&words, &sums, rest);
	}
	memcpy(sum, &words, sizeof(words));
	memcpy(sum + LANES, &sums, sizeof(sums));
}
