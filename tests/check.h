/* SPDX-License-Identifier: MIT */
/*
 * check.h - a small test harness. A test is a sentence and the lines that show it to be true:
 *
 *     TEST("two and two are four")
 *     {
 *         EXPECT_EQUAL(2 + 2, 4);
 *     }
 *
 * A program of tests includes this once, and has no main() (except fuzzers, which define
 * CHECK_NO_MAIN and abort at the first failed expectation). It prints TAP: `ok 1 - two and two are
 * four`, or `not ok ...` after a line that says what was expected and what was found. A test ends
 * at its first failed expectation; the others still run. Exits with 1 if a test failed.
 *
 * The core must be tested in 64 and in 32 bits, and packaged harnesses support only one width; so
 * this is our own.
 */
#ifndef CHECK_H
#define CHECK_H

#define _GNU_SOURCE /* tests may use all of the C library */

#include "core/base.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_test {
	const char *sentence;
	void (*run)(void);
};

static struct check_test check_tests[256];
static unsigned check_count;
static bool check_running;
static jmp_buf check_end; /* where a failed expectation goes */

/* Remembers a test; they run in the order of the file. */
static inline void check_add(const char *sentence, void (*run)(void))
{
	if (check_count == COUNT(check_tests))
		abort();
	check_tests[check_count++] = (struct check_test){ sentence, run };
}

#define CHECK_TEST(sentence, run, add)                            \
	static void run(void);                                    \
	__attribute__((constructor)) static inline void add(void) \
	{                                                         \
		check_add(sentence, run);                         \
	}                                                         \
	static void run(void)
#define CHECK_AS(sentence, number)       CHECK_TEST(sentence, check_##number, check_add_##number)
#define CHECK_NUMBERED(sentence, number) CHECK_AS(sentence, number)

/* Begins a test. */
#define TEST(sentence) CHECK_NUMBERED(sentence, __COUNTER__)

/* Ends the test that is running: it has failed, and this is why. */
static inline void check_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));

static inline void check_fail(const char *file, int line, const char *format, ...)
{
	va_list values;

	printf("# %s:%d: ", file, line);
	va_start(values, format);
	vprintf(format, values);
	va_end(values);
	printf("\n");
	fflush(stdout);
	if (!check_running)
		abort();
	longjmp(check_end, 1);
}

#define FAIL(...) check_fail(__FILE__, __LINE__, __VA_ARGS__)

/* The condition must hold. */
#define EXPECT(condition)                                 \
	do {                                              \
		if (!(condition))                         \
			FAIL("expected: %s", #condition); \
	} while (0)

/* Two numbers must be the same. */
#define EXPECT_EQUAL(found, expected) \
	check_equal(__FILE__, __LINE__, #found, (uint64_t)(found), (uint64_t)(expected))

static inline void check_equal(const char *file, int line, const char *what, uint64_t found,
                               uint64_t expected)
{
	if (found != expected)
		check_fail(file, line,
		           "%s is %" PRIu64 " (%#" PRIx64 "), not %" PRIu64 " (%#" PRIx64 ")", what,
		           found, found, expected, expected);
}

/* Two strings must be the same. */
#define EXPECT_TEXT(found, expected) check_text(__FILE__, __LINE__, found, expected)

static inline void check_text(const char *file, int line, const char *found, const char *expected)
{
	if (strcmp(found, expected) != 0)
		check_fail(file, line, "found \"%s\", not \"%s\"", found, expected);
}

/* A string must contain another. */
#define EXPECT_PART(whole, part) check_part(__FILE__, __LINE__, whole, part)

static inline void check_part(const char *file, int line, const char *whole, const char *part)
{
	if (strstr(whole, part) == NULL)
		check_fail(file, line, "\"%s\" does not say \"%s\"", whole, part);
}

/* Numbers that look random and are the same in every run (xorshift64; Marsaglia, 2003). */
static inline uint64_t check_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* One of the numbers 0 to count - 1. */
static inline uint64_t check_below(uint64_t *state, uint64_t count)
{
	return check_random(state) % count;
}

#ifndef CHECK_NO_MAIN
int main(void)
{
	volatile int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%u\n", check_count);
	check_running = true;
	for (volatile unsigned i = 0; i < check_count; i++) {
		volatile bool good = false;

		if (setjmp(check_end) == 0) {
			check_tests[i].run();
			good = true;
		}
		printf("%s %u - %s\n", good ? "ok" : "not ok", i + 1, check_tests[i].sentence);
		failed += !good;
	}
	return failed != 0;
}
#endif

#endif
