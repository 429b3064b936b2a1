/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what a fuzzer is: a function that is given any bytes at all, and must not crash.
 * libFuzzer calls it with bytes that it makes up; replay.c with seeds and regressions.
 */
#ifndef FUZZ_H
#define FUZZ_H

#define CHECK_NO_MAIN
#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Ends the fuzzer if there is a fault. */
static inline void expect_no_fault(const char *fault)
{
	if (fault != NULL)
		FAIL("%s", fault);
}

/* Takes up to `size` bytes from the front; what is not there is zero. */
static inline void take_bytes(struct span *from, void *to, size_t size)
{
	size_t there = from->size < size ? (size_t)from->size : size;

	memset(to, 0, size);
	if (there != 0)
		memcpy(to, from->bytes, there);
	*from = (struct span){ from->bytes + there, from->size - there };
}

#endif
