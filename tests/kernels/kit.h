/* SPDX-License-Identifier: MIT */
/*
 * kit.h - what a test kernel needs to print and to judge. Prints on COM1 and port 0xE9 at once.
 * Knows the native protocol's header and nothing of who reads the output; relies on nothing but a
 * stack and its own segments.
 *
 * A test kernel is one file that proves one promise:
 *
 *     void _start(const struct longjump_boot_info *info)
 *     {
 *             EXPECT_EQUAL(info->magic, LONGJUMP_MAGIC);
 *             finish();
 *     }
 */
#ifndef KIT_H
#define KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "longjump.h"

/* Where kernels begin; the System V ABI from the first instruction on. */
void _start(const struct longjump_boot_info *info);

/* Prints. Understands %s %c %u %x %lu %lx %%, and a width with zeroes before it, as in %016lx. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Judges; prints "ok" or "FAILED" with what was expected and what was found. */
void expect(bool is_true, const char *claim);
void expect_equal(uint64_t found, uint64_t expected, const char *what);

#define EXPECT(claim)                 expect((claim), #claim)
#define EXPECT_EQUAL(found, expected) expect_equal((uint64_t)(found), (uint64_t)(expected), #found)

/* Judges, and prints only failures: for checks that are made a million times. */
#define EXPECT_QUIETLY(claim)                  \
	do {                                   \
		if (!(claim))                  \
			expect(false, #claim); \
	} while (0)

/* Prints everything that the loader reported, one `name=value` per line, for tests that compare it
 * with the machine. */
void tell(const struct longjump_boot_info *info);

/*
 * Prints PASS or FAIL with the number of checks and ends the machine: isa-debug-exit gets 16 or 17
 * (QEMU exits with 33 or 35), Bochs is told to shut down, and a machine with neither is halted, so
 * that it can be examined.
 */
_Noreturn void finish(void);

/* Halts the CPU for good, with interrupts off. */
_Noreturn void halt(void);

/* The address of something, in a way that the compiler cannot reason about. */
static inline uint64_t address_of(const volatile void *object)
{
	uint64_t address = (uint64_t)object;

	__asm__("" : "+r"(address));
	return address;
}

/* Physical memory through the direct map. */
static inline volatile void *physical(const struct longjump_boot_info *info, uint64_t address)
{
	return (volatile void *)(info->direct_map + address);
}

bool text_equal(const char *a, const char *b);

#endif
